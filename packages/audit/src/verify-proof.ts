import { codeOf } from "@sallyport/errors";
import { type BundleReader, type BundleVerdict, NOTHING_FOUND, type VerifyOptions, type Witnessed } from "./bundle-model.ts";
import { witnessName } from "./cosignature.ts";
import type { AuditRecord } from "./model.ts";
import { isRecordProof, provenAt, type ProvenRecord, verifyRecordProof } from "./record-proof.ts";
import { handedOverLines } from "./stating-key.ts";

/** Larger than any proof: one record's line, at most 63 hashes, and a note with its cosignatures. */
const PROOF_CHARS_MAX = 2 ** 20;

/** A verdict on one record's proof; what it proves is null where nothing of it is to be believed. */
export interface ProofVerdict extends BundleVerdict {
  readonly record: AuditRecord | null;
  /** Of the checkpoint's tree: its origin, its size, and its root in hex. */
  readonly origin: string;
  readonly size: number;
  readonly root: string;
}

/** The text of what is one file, and says that it is a record's proof; null for anything else. */
export async function proofIn(reader: BundleReader): Promise<string | null> {
  const [name, ...others] = await reader.list();
  if (name === undefined || others.length > 0) return null;
  let text = "";
  for await (const line of reader.lines(name)) {
    if (text === "" && !isRecordProof(line)) return null;
    text += line;
    if (text.length > PROOF_CHARS_MAX) return null;
  }
  return text === "" ? null : text;
}

/** What is found of a proof that doesn't hold. */
const REFUSED: ReadonlySet<string> = new Set(["note.invalid", "trail.unreadable"]);

/**
 * Verifies one record's proof offline, with public keys alone (docs/spec/record-proof-v1.md, section 2).
 *
 * @param options.witness - A witness's verifier key: the proof doesn't hold where this one didn't cosign its checkpoint.
 */
export function verifyProof(text: string, options: VerifyOptions = {}): ProofVerdict {
  const { fingerprint: given, witness } = options;
  try {
    const proven = verifyRecordProof(text, given === undefined ? {} : { fingerprint: given });
    const atMs = witness === undefined ? null : provenAt(text, witness);
    if (witness !== undefined && atMs === null) return refused(options);
    const { generation } = proven.record;
    const seen = witness === undefined || atMs === null ? undefined : { name: witnessName(witness), generation, size: proven.size, at: new Date(atMs).toISOString() };
    return whole(proven, seen);
  } catch (error) {
    if (!REFUSED.has(codeOf(error) ?? "")) throw error;
    return refused(options);
  }
}

const LIMITS = [
  "Anything of other records: a bundle of the whole chain shows that none of it is missing.",
  "That what the record says is so: only that it was recorded so when the checkpoint was signed, and not changed since.",
  "That the custodian itself was honest.",
];

/** A proof says of itself no more than it proves, so nothing of one that doesn't hold is shown. */
function refused({ fingerprint, witness }: VerifyOptions): ProofVerdict {
  const why = `this record is not in a checkpoint that ${fingerprint === undefined ? "the proof's own key" : "the key that was given"} signed${witness === undefined ? "" : " and that the witness cosigned"}`;
  return {
    whole: false,
    pinned: fingerprint !== undefined,
    reads: "broken",
    breaks: [{ chain: "", generation: 0, seq: 0, kind: "altered", why }],
    ...NOTHING_FOUND,
    doesNotProve: LIMITS,
    record: null,
    origin: "",
    size: 0,
    root: "",
  };
}

function whole({ record, origin, size, root, fingerprint, pinned, handedOver }: ProvenRecord, witnessed: Witnessed | undefined): ProofVerdict {
  const { deployment, chain, generation, seq, timestamp_utc: at, principal, action, resource, decision } = record;
  const signer = pinned ? `the custodian of deployment ${deployment}` : "the holder of the key that the proof names";
  return {
    whole: true,
    pinned,
    reads: pinned ? "whole" : "self-consistent, key not pinned",
    breaks: [],
    deployment,
    chain,
    asOf: null,
    fingerprint,
    ...(handedOver !== undefined && { handedOver }),
    records: 1,
    checkpoints: 1,
    generations: [],
    archived: [],
    manifest: null,
    ...(witnessed !== undefined && { witnessed }),
    proves: [
      ...handedOverLines(handedOver === undefined ? {} : { handedOver }),
      `Record ${seq} of ${chain}, generation ${generation}, is, byte for byte, one of the ${size} whose checkpoint ${signer} signed.`,
      `It says: ${at} ${principal} ${action} ${resource}: ${decision}.`,
      ...(witnessed === undefined ? [] : [`The witness ${witnessed.name}, by the key that was given, saw that checkpoint at ${witnessed.at}, by its own clock.`]),
    ],
    doesNotProve: [...(pinned ? [] : [`That the key is the deployment's: compare ${fingerprint} with a fingerprint that you got elsewhere, and verify again with it.`]), ...LIMITS],
    record,
    origin,
    size,
    root,
  };
}
