import type { Incident, Verdict } from "@sallyport/custody";

/** What the custodian's verdicts say of one chain as a whole. */
export interface ChainVerdict {
  /** When every record of all its generations was verified last, one by one; null where that can't be said of one. */
  readonly verifiedAt: string | null;
  /** The same, where what is sealed counts by its seals: that is soon done, and so newer. */
  readonly sealsAt: string | null;
  /** Up to when what is new in the open generation was verified, as it is before each checkpoint. */
  readonly checkedAt: string | null;
  readonly broken: { readonly seq: number; readonly kind: string } | null;
  /** The first earlier generation that is broken: no incident's end mends it. */
  readonly brokenBefore: { readonly generation: number; readonly seq: number; readonly kind: string } | null;
}

/** @param incident - The chain's, that isn't ended: where the chain has gone on, its open generation is whole again. */
export function chainVerdict(of: readonly Verdict[], { chain, generation }: { readonly chain: string; readonly generation: number }, incident: Incident | undefined): ChainVerdict {
  const verdicts = of.filter((each) => each.chain === chain);
  const open = verdicts.find((each) => each.generation === generation);
  // Of a generation that was found broken there may be no word, where its incident couldn't be opened; then nothing is said of the whole.
  const known = open === undefined || verdicts.length < generation ? [] : verdicts;
  const broken = incident === undefined ? (open?.broken ?? null) : { seq: incident.from, kind: incident.kind };
  const [before = null] = verdicts
    .flatMap((each) => (each.generation < generation && each.broken !== null ? [{ generation: each.generation, seq: each.broken.seq, kind: each.broken.kind }] : []))
    .sort((one, other) => one.generation - other.generation);
  return {
    verifiedAt: oldest(known.map(({ fullAt }) => fullAt)),
    sealsAt: oldest(known.map(({ fullAt, sealsAt }) => newest(fullAt, sealsAt))),
    checkedAt: open?.at ?? null,
    broken: broken && { seq: broken.seq, kind: broken.kind },
    brokenBefore: before,
  };
}

/** ISO times of one form sort as text does. Null where there is none, or one is missing. */
const oldest = (times: readonly (string | null)[]): string | null =>
  times.reduce<string | null>((least, time) => (least === null || time === null ? null : time < least ? time : least), times[0] ?? null);

const newest = (one: string | null, other: string | null): string | null => (one === null || (other !== null && other > one) ? other : one);
