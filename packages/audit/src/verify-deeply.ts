import { type GenerationLines, judgeArchived, LinesReader } from "./archived-records.ts";
import { type AuditKeys, auditKeyIn } from "./audit-keys.ts";
import { DeepVerifier } from "./deep-verifier.ts";
import type { Break, Head, SealedRecord } from "./model.ts";
import { SEGMENT_RECORDS, type SegmentSeal, type SegmentsOf, sealedSegments, SegmentSealer } from "./segment-seal.ts";
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
  /** The same rows as the store sends them: seq, prev_mac, mac and body in binary (docs/spec/segment-seal-v1.md). */
  rowBytes(chain: string, generation: number, fromSeq: number, toSeq: number): AsyncIterable<Buffer>;
  /** The generations whose records were archived and removed, by the store's own word. */
  archivals(): Promise<readonly Archival[]>;
}

/** A generation that was archived, and the SHA-256 of its bundle's manifest. `size` and `mac` are as it ended. */
export interface Archival {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  readonly mac: string;
  /** Lower-case hex. */
  readonly manifest: string;
}

/** What the custodian remembers of it. */
export interface Archived extends Archival {
  /** Whether its records were seen to be gone. */
  readonly isGone: boolean;
}

/** What a deep verification says of one generation of a chain. `null`: whole up to `size`. */
export interface DeepVerdict {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  readonly at: string;
  readonly broken: Pick<Break, "seq" | "kind" | "why"> | null;
  /** Set where the generation was archived and its records are gone, as they should be or not. */
  readonly isGone?: boolean;
  /** The segments that were found whole and weren't sealed, or not so; the first of them is segment `from`, counted from 0. */
  readonly sealed?: { readonly from: number; readonly seals: readonly SegmentSeal[] };
  /** How many records seals vouch for; absent where every record was verified by itself. */
  readonly bySeals?: number;
  /** Its records as a bundle has them, where that was asked for. */
  readonly lines?: GenerationLines;
}

/** What a deep verification goes by. */
export interface DeepWork {
  readonly deployment: string;
  readonly auditKeys: AuditKeys;
  /** Null for all. */
  readonly chains: readonly string[] | null;
  readonly marks: readonly { readonly chain: string; readonly generation: number; readonly size: number; readonly mac: string }[];
  /** Generations that were archived; none if absent. */
  readonly archived?: readonly Archived[];
  /** The seals that stand, in order; none if absent. */
  readonly seals?: readonly { readonly chain: string; readonly generation: number; readonly seals: readonly SegmentSeal[] }[];
  /** Whether seals are believed, and the records behind them alone verified one by one. What a seal doesn't vouch for is. */
  readonly isQuick?: boolean;
  /** The one generation to be verified, and to be read as a bundle has it; all if absent. */
  readonly only?: { readonly chain: string; readonly generation: number };
}

/** How far a deep verification is within one generation, in records. */
export interface DeepProgress {
  readonly chain: string;
  readonly generation: number;
  readonly done: number;
  readonly of: number;
  /** The records of the chain's other generations that this run has been through before. */
  readonly before: number;
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
  const { chains, archived = [], only } = work;
  const open = await reader.heads();
  // Closings after heads: a generation that was closed in between is read to where it ended.
  const heads = [...open, ...(await reader.closings())].map(({ chain, generation, seq, mac }) => ({ chain, generation, size: seq, mac }));
  const known = new Map([...work.marks, ...heads].map((each) => [`${each.chain} ${each.generation}`, each]));
  const through = new Map<string, number>();
  for (const { chain, generation } of known.values()) {
    if (chains !== null && !chains.includes(chain)) continue;
    if (only !== undefined && (only.chain !== chain || only.generation !== generation)) continue;
    const isHere = (each: { chain: string; generation: number }): boolean => each.chain === chain && each.generation === generation;
    const at = new Date(now()).toISOString();
    const gone = archived.find(isHere);
    const found = gone === undefined ? null : await archivedVerdict(gone, reader);
    if (gone !== undefined && found !== null) {
      yield { chain, generation, size: gone.size, at, ...found };
      continue;
    }
    const head = heads.findLast(isHere) ?? { size: 0, mac: ZERO_MAC };
    const standing = open.find((each) => each.chain === chain);
    const before = through.get(chain) ?? 0;
    const verdict = await verifyOne(work, reader, { chain, generation, head, standing, at: () => new Date(now()).toISOString() }, (done) =>
      tell({ chain, generation, done, of: head.size, before }),
    );
    through.set(chain, before + verdict.size);
    yield verdict;
  }
}

/** @returns null where the records of an archived generation stand there still, as they did. */
async function archivedVerdict(archived: Archived, reader: CommittedTrail): Promise<Pick<DeepVerdict, "broken" | "isGone"> | null> {
  for (let turn = 0; ; turn += 1) {
    const firstSeq = await firstOf(archived, reader);
    // Read after the records, which may be removed while this looks: what was removed in between is looked at again.
    const marks = await reader.archivals();
    const isMarked = marks.some(({ chain, generation }) => chain === archived.chain && generation === archived.generation);
    if (firstSeq !== null && isMarked && !archived.isGone && turn === 0) continue;
    // The store says that they were removed, and they stand there: that was seen to be so.
    return judgeArchived({ ...archived, isGone: archived.isGone || (firstSeq !== null && isMarked) }, firstSeq, marks);
  }
}

async function firstOf({ chain, generation }: Archived, reader: CommittedTrail): Promise<number | null> {
  for await (const [first] of reader.records(chain, generation, 1, Number.MAX_SAFE_INTEGER)) if (first !== undefined) return first.seq;
  return null;
}

/** One generation, and where it should end. */
interface Place {
  readonly chain: string;
  readonly generation: number;
  readonly head: { readonly size: number; readonly mac: string };
  /** The chain's head. */
  readonly standing: Head | undefined;
  readonly at: () => string;
}

async function verifyOne(work: DeepWork, reader: CommittedTrail, place: Place, tell: (done: number) => void): Promise<DeepVerdict> {
  const { chain, generation, head, standing, at } = place;
  const { deployment, auditKeys, only } = work;
  const seals = work.seals?.find((each) => each.chain === chain && each.generation === generation)?.seals ?? [];
  const of = { deployment, chain, generation, auditKey: auditKeyIn(auditKeys, chain, generation) };
  const trusted = work.isQuick === true ? await trustedSegments(of, seals, reader) : 0;
  const after = trusted === 0 ? undefined : { size: trusted * SEGMENT_RECORDS, mac: seals[trusted - 1]?.mac ?? "" };
  const start = after?.size ?? 0;
  // A mark within what a seal vouches for was compared when that was sealed.
  const marks = work.marks.filter((each) => each.chain === chain && each.generation === generation && each.size > start);
  const verifier = new DeepVerifier({ ...of, marks, ...(after !== undefined && { after }) });
  // A run over everything seals what isn't sealed yet; one that a seal sent here, all that it verifies.
  const first = work.isQuick === true ? trusted : seals.length;
  const sealer = new SegmentSealer(of, seals.slice(0, first));
  const lines = only === undefined ? null : new LinesReader();
  let done = start;
  for await (const records of reader.records(chain, generation, start + 1, head.size)) {
    for (const record of records) {
      verifier.push(record);
      lines?.push(record);
    }
    sealer.push(records.slice(Math.max(0, first * SEGMENT_RECORDS - done)));
    if (Math.floor(done / TELL_EVERY) < Math.floor((done + records.length) / TELL_EVERY)) tell(done + records.length);
    done += records.length;
  }
  // A generation that was opened, and that the store's head is still before, was put back with the rest of the store; behind closed ones it is as it should be.
  const found = verifier.end(head) ?? (standing !== undefined && standing.generation < generation ? strayedHead(standing, generation, verifier.size) : null);
  const broken = found === null ? null : { seq: found.seq, kind: found.kind, why: found.why };
  return {
    chain,
    generation,
    size: verifier.size,
    at: at(),
    broken,
    ...(after !== undefined && { bySeals: after.size }),
    ...(broken === null && sealer.seals.length > 0 && { sealed: { from: first, seals: sealer.seals } }),
    ...(lines !== null && { lines: lines.end() }),
  };
}

/**
 * How many segments are believed by their seals. Where one doesn't hold, the last that does is verified record by record with the rest: what a record
 * follows tells kinds of a break apart.
 */
async function trustedSegments(of: SegmentsOf, seals: readonly SegmentSeal[], reader: CommittedTrail): Promise<number> {
  if (seals.length === 0) return 0;
  const { whole, isSuspect } = await sealedSegments(of, seals, reader.rowBytes(of.chain, of.generation, 1, seals.length * SEGMENT_RECORDS));
  return isSuspect ? Math.max(0, whole - 1) : whole;
}
