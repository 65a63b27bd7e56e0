import type { EffectLine } from "@sallyport/contracts";
import { canonicalJson, sha256Hex } from "@sallyport/crypto";
import type { ErrorCode } from "@sallyport/errors";
import type { z } from "zod";

/** One line of an effect. */
export type Line = z.output<typeof EffectLine>;

/** What an act would do now. */
export interface Effect {
  /** What it is about, in one line. */
  readonly about: string;
  readonly lines: readonly Line[];
  /** Why it can't be done as things stand; null where it can. */
  readonly refused: ErrorCode | null;
}

/** The lines as they are stored and hashed. */
export const effectText = (lines: readonly Line[]): string => canonicalJson(lines);

/** What a statement holds of an effect: SHA-256 of its text, lower-case hex. */
export const effectDigest = (text: string): string => sha256Hex(text);
