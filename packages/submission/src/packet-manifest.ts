import { handoverMembers, readHandovers } from "@sallyport/audit";
import { canonicalJson, isId, sha256Hex } from "@sallyport/crypto";
import { byPath, collidingPaths, pathFault } from "./tree-path.ts";

/** One file of a packet. */
export interface PacketFile {
  /** Within the packet: `<sequence>/…` for the tree, `evidence/<signature>.receipt.json` for a receipt. */
  readonly path: string;
  readonly bytes: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  /** The released version that these bytes are; null for what was made for the packet. */
  readonly document: string | null;
  readonly version: number | null;
}

/** What a packet is, and for whom (docs/spec/sealed-packet-v1.md, section 2). The custodian signs its exact text. */
export interface PacketManifest {
  /** 2 where there are handovers, and 1 where there are none. */
  readonly v: 1 | 2;
  readonly type: "sallyport-packet";
  readonly deployment: string;
  readonly packet: string;
  readonly submission: string;
  readonly study: string;
  /** Four digits. */
  readonly sequence: string;
  readonly recipient: {
    readonly id: string;
    readonly name: string;
    /** `age1…`: the packet is sealed to this key alone. Signed with the rest, so that nobody hands it on as one that was made for them. */
    readonly key: string;
  };
  /** `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly preparedAt: string;
  /** Verifier key of the deployment, by which the signature is made. It proves nothing by standing here: compare its fingerprint. */
  readonly vkey: string;
  /** The notes that lead to that key from earlier ones (docs/spec/handover-v1.md). */
  readonly handovers?: readonly string[];
  /** Sorted by path. */
  readonly files: readonly PacketFile[];
}

/** Files of one packet at most. */
export const PACKET_FILES_MAX = 2000;
/** UTF-8 bytes of a manifest at most. */
export const MANIFEST_BYTES_MAX = 1_048_576;
/** What one entry of the container can say of its length: eleven octal digits. */
export const FILE_BYTES_MAX = 8 ** 11 - 1;

const MEMBERS: readonly string[] = ["deployment", "files", "packet", "preparedAt", "recipient", "sequence", "study", "submission", "type", "v", "vkey"];
const FILE_MEMBERS = "bytes,document,path,sha256,version";
const RECIPIENT_MEMBERS = "id,key,name";

type Members = Readonly<Record<string, unknown>>;
const isObject = (value: unknown, members: string): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).sort().join() === members;
const isText = (value: unknown, form: RegExp): value is string => typeof value === "string" && form.test(value);
const isTime = (value: unknown): boolean =>
  isText(value, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) && Number.isFinite(Date.parse(value)) && new Date(value).toISOString() === value;

function isFile(value: unknown): value is PacketFile {
  if (!isObject(value, FILE_MEMBERS)) return false;
  const { path, bytes, sha256, document, version } = value;
  const isLength = Number.isSafeInteger(bytes) && Number(bytes) >= 0 && Number(bytes) <= FILE_BYTES_MAX;
  const isVersion = document === null ? version === null : isId("doc", document) && Number.isSafeInteger(version) && Number(version) >= 1;
  return typeof path === "string" && isLength && isText(sha256, /^[0-9a-f]{64}$/) && isVersion;
}

const isRecipient = (value: unknown): boolean =>
  isObject(value, RECIPIENT_MEMBERS) && isId("rcp", value["id"]) && isText(value["name"], /^[^\p{Cc}\p{Zl}\p{Zp}]{1,200}$/u) && isText(value["key"], /^age1[0-9a-z]{58}$/);

/** What is wrong with the paths of a packet's files; null where nothing is. Each lies in the sequence's folder or is evidence. */
export function filesFault(files: readonly Pick<PacketFile, "path">[], sequence: string): string | null {
  const paths = files.map(({ path }) => path);
  const faulty = paths.find((path) => pathFault(path) !== null || !(path.startsWith(`${sequence}/`) || /^evidence\/sig_[0-9a-z]{26}\.receipt\.json$/.test(path)));
  if (faulty !== undefined) return `path ${faulty}: ${pathFault(faulty) ?? "outside of the sequence"}`;
  const [colliding] = collidingPaths(paths);
  if (colliding !== undefined) return `path ${colliding}: another file's, or one that differs from it by case alone`;
  return paths.every((path, at) => at === 0 || (paths[at - 1] ?? "") < path) ? null : "files that aren't in the order of their paths";
}

function isManifest(value: unknown): value is PacketManifest {
  const { v, handovers } = typeof value === "object" && value !== null ? (value as Members) : {};
  const notes = readHandovers(v, handovers);
  if (notes === null || !isObject(value, [...MEMBERS, ...(notes.length > 0 ? ["handovers"] : [])].sort().join())) return false;
  const { type, deployment, packet, submission, study, sequence, recipient, preparedAt, vkey, files } = value;
  if (type !== "sallyport-packet" || !isText(deployment, /^[a-z0-9]{1,64}$/) || !isId("spk", packet) || !isId("sbm", submission)) return false;
  if (!isText(study, /^[\x21-\x2e\x30-\x7e]{1,64}$/) || !isText(sequence, /^\d{4}$/) || !isRecipient(recipient) || !isTime(preparedAt)) return false;
  return isText(vkey, /^[\x21-\x7e]{1,256}$/) && Array.isArray(files) && files.length > 0 && files.length <= PACKET_FILES_MAX && files.every(isFile);
}

/** The exact text of a manifest. @throws RangeError where it isn't one that {@link readPacketManifest} takes. */
export function packetManifest({ handovers = [], ...parts }: Omit<PacketManifest, "v" | "type">): string {
  const text = canonicalJson({ ...parts, ...handoverMembers(handovers), type: "sallyport-packet", files: [...parts.files].sort(byPath) });
  if (readPacketManifest(text) === null) throw new RangeError("this is no manifest of a packet");
  return text;
}

/** Reads a manifest's exact text, or answers null: closed members, bounded, in its one spelling, with paths that are safe to unpack. */
export function readPacketManifest(text: string): PacketManifest | null {
  const manifest = readManifestForm(text);
  return manifest !== null && filesFault(manifest.files, manifest.sequence) === null ? manifest : null;
}

/** {@link readPacketManifest} without a look at the paths, for who says which of them is at fault. */
export function readManifestForm(text: string): PacketManifest | null {
  if (text.length > MANIFEST_BYTES_MAX || Buffer.byteLength(text, "utf8") > MANIFEST_BYTES_MAX) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isManifest(value) && canonicalJson(value) === text ? value : null;
  } catch {
    return null;
  }
}

/** What a manifest is known by, and what people approve: 64 lower-case hex digits. */
export const packetDigest = (manifest: string): string => sha256Hex(manifest);

/** Where a packet has the receipt of a signature. */
export const receiptPath = ({ id }: { readonly id: string }): string => `evidence/${id}.receipt.json`;
