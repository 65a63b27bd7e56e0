import { canonicalJson, equalHex, hmacHex, secretKey } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { KeyContext, RewrapAnswer, StoredKey } from "./model.ts";

/** The context's four members and nothing else, so that what is bound never depends on what a caller left in the object. */
export const contextFields = ({ purpose, id, study, site }: KeyContext): Record<string, string> => ({ purpose, id, study, site });

const COMMITMENT_BYTES = 32;
const FORM = /^(sk1\.[A-Za-z0-9_-]{1,64}\.)([A-Za-z0-9_-]{1,512})$/;

/**
 * The commitment of a data key to itself and its context: HMAC-SHA-256 under the key, lower-case hex.
 * AES-GCM alone doesn't commit to its key, and a caller must be able to tell a wrong answer from the right one (docs/spec/custody-v1.md).
 */
export const keyCommitment = (context: KeyContext, key: Buffer): string => hmacHex(secretKey(key), `sallyport/key-commitment/v1\n${canonicalJson(contextFields(context))}`);

/** Joins a wrapped key and its commitment to the stored form: `sk1.<kek id>.<base64url(wrapped ‖ commitment)>`. */
export function joinWrapped(sealed: string, commitment: string): string {
  const [, prefix, body] = FORM.exec(sealed) ?? [];
  if (prefix === undefined || body === undefined) throw new RangeError("this is no wrapped key");
  return prefix + Buffer.concat([Buffer.from(body, "base64url"), Buffer.from(commitment, "hex")]).toString("base64url");
}

/** Parts the stored form again. @throws `phi.integrity` on any other form. */
export function splitWrapped(wrapped: string): { readonly sealed: string; readonly commitment: string } {
  const [, prefix, body] = FORM.exec(wrapped) ?? [];
  const joined = Buffer.from(body ?? "", "base64url");
  if (prefix === undefined || joined.length <= COMMITMENT_BYTES || joined.toString("base64url") !== body) throw new SallyportError("phi.integrity", { why: "wrapped key" });
  const cut = joined.length - COMMITMENT_BYTES;
  return { sealed: prefix + joined.subarray(0, cut).toString("base64url"), commitment: joined.subarray(cut).toString("hex") };
}

/**
 * Returns only where `key` is the very key that was wrapped for this context.
 *
 * @throws `keys.unavailable`: a key service that answers with another key has not answered, and nothing may be sealed under it.
 */
export function assertCommitted(context: KeyContext, wrapped: string, key: Buffer): void {
  // An age header authenticates itself under its file key, so a wrong one opens nothing (docs/spec/spool-v1.md, section 2).
  if (context.purpose === "spooled" && key.length === 16) return;
  if (key.length !== 32 || !equalHex(keyCommitment(context, key), splitWrapped(wrapped).commitment))
    throw new SallyportError("keys.unavailable", { context: context.id, why: "wrong key" });
}

/** The check of {@link assertCommitted}. */
export type KeyProof = typeof assertCommitted;

/**
 * Returns only where each answer stands for the key that was asked about, by the commitment that both carry.
 *
 * @throws `keys.unavailable`, for the same reason.
 */
export function assertSameKeys(items: readonly StoredKey[], answers: readonly RewrapAnswer[]): void {
  const isSame = (answer: RewrapAnswer, index: number): boolean =>
    !("wrapped" in answer) || splitWrapped(answer.wrapped).commitment === splitWrapped(items[index]?.wrapped ?? "").commitment;
  if (answers.length !== items.length || !answers.every(isSame)) throw new SallyportError("keys.unavailable", { why: "other keys" });
}
