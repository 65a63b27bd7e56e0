import { canonicalJson } from "@sallyport/crypto";
import { codeOf, SallyportError } from "@sallyport/errors";
import { checkpointKeyName, checkpointOrigin, parseCheckpoint } from "./checkpoint.ts";
import type { AuditRecord } from "./model.ts";
import { cosignedAt, witnessName } from "./cosignature.ts";
import { verifyInclusion } from "./merkle-verify.ts";
import { parseLine } from "./record-encoding.ts";
import { decodeBase64, keyFingerprint, openNote, parseVkey } from "./signed-note.ts";
import { leafHash } from "./tree-hash.ts";

const TITLE = "c2sp.org/tlog-proof@v1";
const INDEX = /^index (0|[1-9][0-9]{0,15})$/;
const PROOF_MAX = 63;

/** One record, and the proof that it is in a signed checkpoint's tree. */
export interface RecordProof {
  /** The exported line, its newline left out. */
  readonly line: string;
  /** Verifier key of the deployment's checkpoint key. It proves nothing by standing here: compare its fingerprint. */
  readonly vkey: string;
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
  /** Whether that fingerprint came from outside the proof. */
  readonly pinned: boolean;
}

/** Which of the things that a proof rests on are looked at; a test that shows what each is for leaves one out. */
export interface ProofRules {
  readonly inclusion: typeof verifyInclusion;
}

const invalid = (what = "proof"): SallyportError => new SallyportError("note.invalid", { what });

/** Spells a proof as a C2SP tlog-proof; its extra data are the line and the verifier key, as canonical JSON (docs/spec/record-proof-v1.md). */
export function recordProofText({ line, vkey, index, hashes, note }: RecordProof): string {
  const extra = Buffer.from(canonicalJson({ v: 1, line, vkey }), "utf8").toString("base64");
  return `${TITLE}\nextra ${extra}\nindex ${index}\n${hashes.map((hash) => `${hash.toString("base64")}\n`).join("")}\n${note}`;
}

/** Whether a text says that it is such a proof. */
export const isRecordProof = (text: string): boolean => text.startsWith(`${TITLE}\n`);

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
  const { line, vkey } = parseExtra(data.toString("utf8"));
  return { line, vkey, index: Number(found[1]), hashes, note: text.slice(end + 2) };
}

function parseExtra(json: string): Pick<RecordProof, "line" | "vkey"> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw invalid();
  }
  if (typeof value !== "object" || value === null) throw invalid();
  const { v, line, vkey } = value as Record<string, unknown>;
  if (v !== 1 || typeof line !== "string" || typeof vkey !== "string" || canonicalJson({ v, line, vkey }) !== json) throw invalid();
  return { line, vkey };
}

/**
 * Verifies a proof offline, with public keys alone: that a checkpoint signed by the deployment's key has this record at its place.
 *
 * @param options.fingerprint - The key's, obtained elsewhere. Without it the proof is shown to agree with itself, not who made it.
 * @throws SallyportError `note.invalid` for what is no proof, or doesn't verify. @throws RangeError for what is no fingerprint.
 */
export function verifyRecordProof(text: string, options: { readonly fingerprint?: string } = {}, rules: ProofRules = { inclusion: verifyInclusion }): ProvenRecord {
  const { line, vkey, index, hashes, note } = parseRecordProof(text);
  const { name, raw } = parseVkey(vkey);
  const fingerprint = keyFingerprint(raw);
  if (options.fingerprint !== undefined && options.fingerprint !== fingerprint) throw invalid("another key");
  const { origin, size, root } = parseCheckpoint(openNote(note, vkey));
  const { record } = parseLine(line);
  const isItsOwn = origin === checkpointOrigin(record.deployment, record.chain, record.generation) && name === checkpointKeyName(record.deployment) && record.seq === index + 1;
  if (!isItsOwn || !rules.inclusion({ index, size, leaf: leafHash(line), root, proof: hashes })) throw invalid();
  return { record, origin, size, root: root.toString("hex"), fingerprint, pinned: options.fingerprint !== undefined };
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
