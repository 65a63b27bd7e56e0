import type { KeyObject } from "node:crypto";
import { sha256Hex, signEd25519, verifyEd25519 } from "@sallyport/crypto";

/** Leaves whose signatures are kept together: those of records `run * 1024 + 1` to `run * 1024 + 1024` of a generation. */
export const RUN_LEAVES = 1024;
/** Of a leaf's signature. */
export const SIGNATURE_BYTES = 64;
export const RUN_BYTES = RUN_LEAVES * SIGNATURE_BYTES;

/** Signatures in base64 as bytes, one behind the other. */
export const signaturesOf = (signatures: readonly string[]): Buffer => Buffer.concat(signatures.map((each) => Buffer.from(each, "base64")));

/** Where a whole run of leaves stands, counted from 0. */
export interface RunPlace {
  readonly deployment: string;
  readonly chain: string;
  readonly generation: number;
  readonly run: number;
}

/** The run that a record's leaf belongs to. */
export const runOf = (seq: number): number => Math.floor((seq - 1) / RUN_LEAVES);

/** The first record of a run. */
export const firstOf = (run: number): number => run * RUN_LEAVES + 1;

/**
 * The text over which the signatures of a run are signed together, so that whoever keeps them can tell that they are the ones that were made: it names
 * the place, and begins as no other text that the key signs does (docs/spec/bundle-v1.md, section 4).
 */
const runText = ({ deployment, chain, generation, run }: RunPlace, signatures: Uint8Array): string =>
  `sallyport-leaves-v1\n${deployment}\n${chain}\n${generation}\n${run}\n${sha256Hex(signatures)}\n`;

/**
 * The signatures of the leaves that stand from `from` to `to`, and behind them, where these are all of one run, one over all of them. Each in base64, of 64 bytes.
 *
 * @param signatures - One for each leaf, all of records that are what was sealed.
 */
export function withRun(
  { from, to, ...place }: Omit<RunPlace, "run"> & { readonly from: number; readonly to: number },
  signatures: readonly string[],
  privateKey: KeyObject,
): readonly string[] {
  const run = runOf(from);
  if (from !== firstOf(run) || to !== firstOf(run + 1) - 1 || signatures.length !== RUN_LEAVES) return signatures;
  return [...signatures, signEd25519(privateKey, runText({ ...place, run }, signaturesOf(signatures))).toString("base64")];
}

/** Whether these are the signatures that were made for the run at this place, by this key. */
export const verifyRun = (place: RunPlace, signatures: Uint8Array, signature: Uint8Array, publicKey: KeyObject): boolean =>
  signatures.length === RUN_BYTES && verifyEd25519(publicKey, runText(place, signatures), signature);
