import { createHash } from "node:crypto";
import type { Asked, Outcome, Sealed } from "@sallyport/outbox";

/** A sealed packet on its way, and who is asked before its first byte goes out. */
export interface Parcel extends Sealed {
  /** The attempt's number: what only this attempt may leave behind bears it. */
  readonly attempt: number;
  /** The sealed bytes, from the first one. */
  readonly bytes: () => AsyncIterable<Uint8Array>;
  /** Says that bytes go out from now on. @throws whatever says that they may not. */
  readonly begin: () => Promise<void>;
  /** Milliseconds that the whole of it may take: no byte goes out later. */
  readonly deadlineMs: number;
}

/** What a portal said, with the exact bytes in which it said it; null where it said nothing of its own. */
export interface Word<T> {
  readonly said: T;
  readonly receipt: Buffer | null;
}

/** Port: one place that takes packets. Neither of these throws: what went wrong is an outcome. */
export interface Portal {
  deliver(parcel: Parcel): Promise<Word<Outcome>>;
  /** What it says of an earlier attempt. */
  ask(sealed: Sealed & { readonly attempt: number }): Promise<Word<Asked>>;
  /** The code of what stands in the way of using it; null where nothing does. Sends nothing. */
  health(): Promise<string | null>;
}

/** The bytes, but never the last of them where they aren't those that were sealed. */
export async function* asSealed(bytes: AsyncIterable<Uint8Array>, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let held: Uint8Array | null = null;
  for await (const piece of bytes) {
    hash.update(piece);
    if (held !== null) yield held;
    held = piece;
  }
  if (hash.digest("hex") !== sha256) throw new RangeError("not what was sealed");
  if (held !== null) yield held;
}
