import { checkpointOrigin, checkpointText, CompactRange, type CompactRangeState, type NoteSigner, type SegmentSeal, signNote, ZERO_MAC } from "@sallyport/audit";
import type { Finding, Incident } from "./incident.ts";
import type { SignedCheckpoint } from "./model.ts";

/** A committed position that was signed; nothing below it is ever sealed or signed differently. */
export interface Mark {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  /** Hex. */
  readonly root: string;
  /** MAC of the record at `size`. */
  readonly mac: string;
  readonly frontier: CompactRangeState;
  readonly atMs: number;
}

/** A closed generation whose records were archived to files, upon the word of two people. */
export interface Archived {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  /** Hex, as are `mac`, that of its last record, `manifest`, the SHA-256 of its bundle's `manifest.json`, and `approval`, the digest of what was approved. */
  readonly root: string;
  readonly mac: string;
  readonly manifest: string;
  /** Times of its first and its last record; `-` where it has none. */
  readonly from: string;
  readonly to: string;
  readonly at: string;
  readonly approval: string;
  /** Persons' ids: who asked, then who approved. */
  readonly by: readonly string[];
  /** The signed note of all this (docs/spec/archival-v1.md). */
  readonly note: string;
  /** Whether its records were seen to be gone from the database: then they may never stand there again. */
  readonly isGone: boolean;
}

/** What a store has to know of the trail, by kind. */
export interface TrailKinds {
  /** By {@link markId}. */
  readonly mark: Mark;
  /** A break that was found, by {@link markId}; it stays until a verification from the first record finds the generation whole. */
  readonly broken: Finding;
  /** By its id. Never forgotten. */
  readonly incident: Incident;
  /** By {@link segmentId}: the seal over a segment whose records were verified one by one. */
  readonly segment: SegmentSeal;
  /** By {@link markId}: which audit key the generation was begun with. Never forgotten. */
  readonly epoch: { readonly key: string };
  /** By {@link markId}. Never forgotten. */
  readonly archived: Archived;
}

/** Port: the part of the custodian's store that incidents work on. */
export interface TrailMarkStore {
  get<K extends keyof TrailKinds>(kind: K, id: string): TrailKinds[K] | undefined;
  all<K extends keyof TrailKinds>(kind: K): ReadonlyMap<string, TrailKinds[K]>;
  put<K extends keyof TrailKinds>(kind: K, id: string, value: TrailKinds[K] | null): void;
  /** Puts an act of the custodian's own on record, in `system` if no chain is named. Printable ASCII, no values. */
  record(action: string, resource: string, detail: string, chain?: string): void;
  durable(): Promise<void>;
}

export const markId = (chain: string, generation: number): string => `${chain} ${generation}`;

/** @param n - Counted from 0. */
export const segmentId = (chain: string, generation: number, n: number): string => `${markId(chain, generation)} ${n}`;

/** A generation's seals, in order. */
export function segmentsOf(store: Pick<TrailMarkStore, "get">, chain: string, generation: number): readonly SegmentSeal[] {
  const seals: SegmentSeal[] = [];
  for (let seal = store.get("segment", segmentId(chain, generation, 0)); seal !== undefined; seal = store.get("segment", segmentId(chain, generation, seals.length)))
    seals.push(seal);
  return seals;
}

/** A generation that was opened, and that nothing was signed of yet. */
export function openingMark(chain: string, generation: number, atMs: number): Mark {
  const range = new CompactRange();
  return { chain, generation, size: 0, root: range.root().toString("hex"), mac: ZERO_MAC, frontier: range.toJSON(), atMs };
}

/** A mark's checkpoint (docs/spec/checkpoint-v1.md). */
export function signedCheckpoint(deployment: string, { chain, generation, size, root }: Mark, signer: NoteSigner): SignedCheckpoint {
  const origin = checkpointOrigin(deployment, chain, generation);
  return { chain, generation, size, root, note: signNote(checkpointText({ origin, size, root: Buffer.from(root, "hex") }), signer) };
}

/** The generation that takes records: the highest that has a mark. The next one opens by being marked at 0. */
export function openGeneration(store: Pick<TrailMarkStore, "get">, chain: string): number {
  let generation = 1;
  while (store.get("mark", markId(chain, generation + 1)) !== undefined) generation += 1;
  return generation;
}

/** The incident whose chain hasn't gone on yet: until it has, nothing is sealed there. */
export function closingIncident(store: Pick<TrailMarkStore, "all">, chain: string): Incident | undefined {
  for (const incident of store.all("incident").values()) if (incident.chain === chain && incident.openedAt === null) return incident;
  return undefined;
}
