import { canonicalJson } from "@sallyport/crypto";
import { codeOf, SallyportError } from "@sallyport/errors";
import { checkpointKeyName, checkpointOrigin, parseCheckpoint } from "./checkpoint.ts";
import type { HandedOver } from "./bundle-model.ts";
import type { AuditRecord } from "./model.ts";
import { cosignedAt, witnessName } from "./cosignature.ts";
import { verifyInclusion } from "./merkle-verify.ts";
import { parseLine } from "./record-encoding.ts";
import { decodeBase64, openNote, parseVkey } from "./signed-note.ts";
import { handedOverFrom, handoverMembers, isPinOf, knownKey, readHandovers, type StatingKey } from "./stating-key.ts";
import { leafHash } from "./tree-hash.ts";

const TITLE = "c2sp.org/tlog-proof@v1";
const INDEX = /^index (0|[1-9][0-9]{0,15})$/;
const PROOF_MAX = 63;

/** One record, and the proof that it is in a signed checkpoint's tree. */
export interface RecordProof extends StatingKey {
  /** The exported line, its newline left out. */
  readonly line: string;
  /** From 0: the record's seq less one. */
  readonly index: number;
  /** Siblings from the leaf upwards, 32 bytes each. */
  readonly hashes: readonly Buffer[];
  /** The checkpoint as a signed note; cosignature lines of witnesses may follow the custodian's own. */
  readonly note: string;
}

/** What a proof shows, once it has been verified. */
export interface ProvenRecord {
  readonly record: AuditRecord;
  readonly origin: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly root: string;
  /** Of the key that signed the checkpoint: `sha256:` and hex. */
  readonly fingerprint: string;
  /** Verifier key of who signed the checkpoint, then those of the keys behind it. */
  readonly behind: readonly string[];
  /** Whether that fingerprint, or that of a key behind it, came from outside the proof. */
  readonly pinned: boolean;
  /** Where it is that of a key behind: the handovers from it on. */
  readonly handedOver?: readonly HandedOver[];
}

/** Which of the things that a proof rests on are looked at; a test that shows what each is for leaves one out. */
export interface ProofRules {
  readonly inclusion: typeof verifyInclusion;
  readonly pin: typeof isPinOf;
}
const strictProofRules: ProofRules = { inclusion: verifyInclusion, pin: isPinOf };

const invalid = (what = "proof"): SallyportError => new SallyportError("note.invalid", { what });

/** Spells a proof as a C2SP tlog-proof; its extra data are the line, the verifier key and its handovers, as canonical JSON (docs/spec/record-proof-v1.md). */
export function recordProofText({ line, vkey, handovers, index, hashes, note }: RecordProof): string {
  const extra = Buffer.from(canonicalJson({ ...handoverMembers(handovers), line, vkey }), "utf8").toString("base64");
  return `${TITLE}\nextra ${extra}\nindex ${index}\n${hashes.map((hash) => `${hash.toString("base64")}\n`).join("")}\n${note}`;
}

/** Whether a text says that it is such a proof. */
export const isRecordProof = (text: string): boolean => text.startsWith(`${TITLE}\n`);

/** The key that a proof says it is by, with its handovers; nothing of it is verified. @throws SallyportError `note.invalid` for what is no proof. */
export function recordProofKey(text: string): StatingKey {
  const { vkey, handovers } = parseRecordProof(text);
  return { vkey, handovers };
}

/** Reads a proof, trusting nothing in it. */
function parseRecordProof(text: string): RecordProof {
  const end = text.indexOf("\n\n");
  const [title, extra = "", index = "", ...lines] = text.slice(0, Math.max(0, end)).split("\n");
  const found = INDEX.exec(index);
  const data = decodeBase64(extra.slice("extra ".length));
  if (end === -1 || title !== TITLE || !extra.startsWith("extra ") || data === null || found === null || lines.length > PROOF_MAX) throw invalid();
  const hashes = lines.map((each) => {
    const hash = decodeBase64(each);
    if (hash?.length !== 32) throw invalid();
    return hash;
  });
  return { ...parseExtra(data.toString("utf8")), index: Number(found[1]), hashes, note: text.slice(end + 2) };
}

function parseExtra(json: string): Pick<RecordProof, "line" | keyof StatingKey> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw invalid();
  }
  if (typeof value !== "object" || value === null) throw invalid();
  const { v, line, vkey, handovers: notes } = value as Record<string, unknown>;
  const handovers = readHandovers(v, notes);
  if (handovers === null || typeof line !== "string" || typeof vkey !== "string" || canonicalJson({ ...handoverMembers(handovers), line, vkey }) !== json) throw invalid();
  return { line, vkey, handovers };
}

/**
 * Verifies a proof offline, with public keys alone: that a checkpoint signed by the deployment's key has this record at its place.
 *
 * @param options.fingerprint - The key's or that of one behind it, obtained elsewhere. Without it the proof is shown to agree with itself, not who made it.
 * @throws SallyportError `note.invalid` for what is no proof, or doesn't verify. @throws RangeError for what is no fingerprint.
 */
export function verifyRecordProof(text: string, options: { readonly fingerprint?: string } = {}, rules: ProofRules = strictProofRules): ProvenRecord {
  const { line, vkey, handovers, index, hashes, note } = parseRecordProof(text);
  const key = knownKey({ vkey, handovers });
  if (!rules.pin(options.fingerprint, key)) throw invalid("another key");
  const { origin, size, root } = parseCheckpoint(openNote(note, vkey));
  const { record } = parseLine(line);
  const isItsOwn =
    origin === checkpointOrigin(record.deployment, record.chain, record.generation) && parseVkey(vkey).name === checkpointKeyName(record.deployment) && record.seq === index + 1;
  if (!isItsOwn || !rules.inclusion({ index, size, leaf: leafHash(line), root, proof: hashes })) throw invalid();
  const { fingerprint, behind } = key;
  return { record, origin, size, root: root.toString("hex"), fingerprint, behind, pinned: options.fingerprint !== undefined, ...handedOverFrom(options.fingerprint, key) };
}

/**
 * When a witness saw the checkpoint of a proof, in milliseconds since the epoch; null where it didn't, by the proof's own lines. What the proof is of is
 * verified by {@link verifyRecordProof}.
 *
 * @param witness - Its verifier key. @throws SallyportError `note.invalid` for what is no proof, or no witness's key.
 */
export function provenAt(text: string, witness: string): number | null {
  const { note } = parseRecordProof(text);
  const end = note.indexOf("\n\n") + 1;
  witnessName(witness);
  try {
    return cosignedAt(note.slice(0, end), note.slice(end + 1), witness) * 1000;
  } catch (error) {
    if (codeOf(error) === "note.invalid") return null;
    throw error;
  }
}
