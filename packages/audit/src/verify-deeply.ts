import type { KeyObject } from "node:crypto";
import { DeepVerifier } from "./deep-verifier.ts";
import type { Break, Head, SealedRecord } from "./model.ts";
import { ZERO_MAC } from "./record-encoding.ts";
import { strayedHead } from "./strayed-head.ts";

/** Port: reads what is committed. */
export interface CommittedTrail {
  /** Every chain's head. */
  heads(): Promise<readonly Head[]>;
  /** Where each closed generation ended when it was closed, by the store's own word. */
  closings(): Promise<readonly Head[]>;
  /** Records of one generation in order of their stored seq, `fromSeq` to `toSeq`; what is missing is left out. */
  records(chain: string, generation: number, fromSeq: number, toSeq: number): AsyncIterable<readonly SealedRecord[]>;
}

/** What a deep verification says of one generation of a chain. `null`: whole up to `size`. */
export interface DeepVerdict {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  readonly at: string;
  readonly broken: Pick<Break, "seq" | "kind" | "why"> | null;
}

/** What a deep verification goes by. */
export interface DeepWork {
  readonly deployment: string;
  readonly auditKey: KeyObject;
  /** Null for all. */
  readonly chains: readonly string[] | null;
  readonly marks: readonly { readonly chain: string; readonly generation: number; readonly size: number; readonly mac: string }[];
}

/** How far a deep verification is within one generation, in records. */
export interface DeepProgress {
  readonly chain: string;
  readonly generation: number;
  readonly done: number;
  readonly of: number;
}

/** Records between two words on how far it is: some tenth of a second's. */
const TELL_EVERY = 10_000;

/**
 * Verifies every generation that is marked, was closed or has a head, from its first record to the head that was read first.
 *
 * @param tell - Told as it goes, where a generation is long.
 */
export async function* verifyDeeply(
  work: DeepWork,
  reader: CommittedTrail,
  now: () => number,
  tell: (progress: DeepProgress) => void = () => undefined,
): AsyncGenerator<DeepVerdict> {
  const { deployment, auditKey, chains } = work;
  const open = await reader.heads();
  // Closings after heads: a generation that was closed in between is read to where it ended.
  const heads = [...open, ...(await reader.closings())].map(({ chain, generation, seq, mac }) => ({ chain, generation, size: seq, mac }));
  const known = new Map([...work.marks, ...heads].map((each) => [`${each.chain} ${each.generation}`, each]));
  for (const { chain, generation } of known.values()) {
    if (chains !== null && !chains.includes(chain)) continue;
    const isHere = (each: { chain: string; generation: number }): boolean => each.chain === chain && each.generation === generation;
    const head = heads.findLast(isHere) ?? { size: 0, mac: ZERO_MAC };
    const marks = work.marks.filter(isHere);
    const verifier = new DeepVerifier({ deployment, chain, generation, auditKey, marks });
    let done = 0;
    for await (const records of reader.records(chain, generation, 1, head.size)) {
      for (const record of records) verifier.push(record);
      if (Math.floor(done / TELL_EVERY) < Math.floor((done + records.length) / TELL_EVERY)) tell({ chain, generation, done: done + records.length, of: head.size });
      done += records.length;
    }
    const standing = open.find((each) => each.chain === chain);
    // A generation that was opened, and that the store's head is still before, was put back with the rest of the store; behind closed ones it is as it should be.
    const found = verifier.end(head) ?? (standing !== undefined && standing.generation < generation ? strayedHead(standing, generation, verifier.size) : null);
    yield { chain, generation, size: verifier.size, at: new Date(now()).toISOString(), broken: found === null ? null : { seq: found.seq, kind: found.kind, why: found.why } };
  }
}
