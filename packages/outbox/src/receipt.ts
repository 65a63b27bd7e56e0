import { z } from "zod";
import type { Said } from "./item.ts";

/** Bytes that a receipt may have (docs/spec/delivery-v1.md). */
export const RECEIPT_BYTES_MAX = 65_536;

const said = { v: z.literal(1), key: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/), at: z.iso.datetime() };
const whole = { sha256: z.string().regex(/^[0-9a-f]{64}$/), length: z.int().min(1), receipt: z.string().regex(/^[!-~]{1,200}$/) };
const Receipt = z.discriminatedUnion("outcome", [
  z.strictObject({ ...said, outcome: z.literal("received"), ...whole }),
  z.strictObject({ ...said, outcome: z.literal("rejected"), ...whole, reason: z.string().regex(/^[a-z][a-z0-9_.-]{0,63}$/) }),
  z.strictObject({ ...said, outcome: z.literal("pending") }),
  z.strictObject({ ...said, outcome: z.literal("not-received") }),
]);
/** What a portal says of one packet. It holds nothing that isn't an id, a digest, a length, a time or a word of a code's form. */
export type Receipt = z.infer<typeof Receipt>;

/** What was sealed: what a receipt has to speak of. */
export interface Sealed {
  readonly idempotencyKey: string;
  /** SHA-256 of the sealed bytes, lower-case hex. */
  readonly sha256: string;
  readonly length: number;
}

/** Reads a receipt's bytes; null for what is none: too long, not UTF-8 JSON, another version, a member too many or too few. */
export function readReceipt(bytes: Uint8Array): Receipt | null {
  if (bytes.length > RECEIPT_BYTES_MAX) return null;
  try {
    const parsed = Receipt.safeParse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** What a receipt says of what was sealed: one about another key, or about other bytes, disagrees, whatever it says beside. */
export function verdictOf(receipt: Receipt, { idempotencyKey, sha256, length }: Sealed): Said {
  if (receipt.key !== idempotencyKey) return { kind: "disagrees" };
  if ("sha256" in receipt && (receipt.sha256 !== sha256 || receipt.length !== length)) return { kind: "disagrees" };
  return { kind: receipt.outcome };
}
