import { z } from "zod";
import { ChainName, Count, Cursor, Hex64, IsoTime, SiteId, StudyId } from "./primitives.ts";
import { strict } from "./strict.ts";
import { ArchivedRange } from "./trail.ts";

/** How a crossing ended: let through, refused, failed on our side, or noted by the system itself. */
export const CrossingOutcome = z.enum(["allow", "deny", "error", "note"]);

/** What a record can hold: printable ASCII. */
const Recorded = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[ -~]+$/);

/** Which crossings: all given parts must hold. Texts match whole values; `resource` matches its beginning. */
export const CrossingFilter = z.strictObject({
  principal: Recorded(80).optional(),
  workload: Recorded(200).optional(),
  action: Recorded(60).optional(),
  resource: Recorded(120).optional(),
  chain: ChainName.optional(),
  study: StudyId.optional(),
  site: SiteId.optional(),
  outcome: z.array(CrossingOutcome).max(4).optional(),
  reason: Recorded(80).optional(),
  requestId: Recorded(40).optional(),
  /** Inclusive. */
  from: IsoTime.optional(),
  /** Exclusive. */
  until: IsoTime.optional(),
});
export type CrossingFilter = z.infer<typeof CrossingFilter>;

/** A record as a list shows it. */
export const CrossingSummary = z.strictObject({
  chain: ChainName,
  generation: Count,
  seq: Count,
  at: IsoTime,
  principal: z.string(),
  /** The principal's name for people, as it is now; null where there is none. */
  principalName: z.string().nullable(),
  role: z.string(),
  workload: z.string(),
  action: z.string(),
  resource: z.string(),
  site: z.string(),
  outcome: CrossingOutcome,
  reason: z.string(),
  requestId: z.string(),
});
export type CrossingSummary = z.infer<typeof CrossingSummary>;

/** Newest first. `cursor` goes on towards older records. */
export const SearchCrossingsInput = strict({ filter: CrossingFilter.default({}), cursor: Cursor.optional(), limit: z.int().min(1).max(200).default(100) });
export const SearchCrossingsOutput = strict({
  items: z.array(CrossingSummary),
  next: Cursor.nullable(),
  /** How many match, counted up to a bound; `isMore` where there are more than counted. */
  total: z.strictObject({ count: Count, isMore: z.boolean() }),
  /** The newest record that the search knows of; what is newer is on the trail, and found in a moment. */
  searchableUntil: IsoTime.nullable(),
  /** What the filter's chains and times reach into, and what was archived: that isn't among the items. */
  archived: z.array(ArchivedRange),
});

/** One lamp of the trace. `open` let it through, `shut` is where it ended, `dark` was never reached. */
export const Lamp = z.strictObject({ pillar: z.enum(["workload", "principal", "policy", "phi", "trail"]), state: z.enum(["open", "shut", "dark"]), text: z.string() });
export const Trace = z.strictObject({ lamps: z.array(Lamp), rule: z.string().nullable(), policy: z.string(), remedy: z.string().nullable() });

/** A record by its place. */
export const RecordPlace = z.strictObject({ chain: ChainName, generation: z.int().min(1), seq: z.int().min(1) });
export const GetCrossingInput = strict(RecordPlace.shape);
/** `line` is the exact canonical line as exported; `checkpointed` says whether a signed checkpoint covers it, and which. */
export const GetCrossingOutput = strict({
  crossing: CrossingSummary,
  line: z.string(),
  mac: Hex64,
  prevMac: Hex64,
  detail: z.record(z.string(), z.string()),
  trace: Trace,
  checkpoint: z.strictObject({ size: Count, root: Hex64, at: IsoTime }).nullable(),
});

export const GetReasonInput = strict(RecordPlace.shape);
/** The free text that a record commits to; null where its act gave none. */
export const GetReasonOutput = strict({ reason: z.string().nullable() });

export const TraceRequestInput = strict({ requestId: z.string().regex(/^req_[0-9a-hjkmnp-tv-z]{26}$/) });
/** Every record of one request. */
export const TraceRequestOutput = strict({ crossings: z.array(CrossingSummary), trace: Trace.nullable() });

/** A watch: new crossings that match, as they come. Events of `crossings.watch`. */
export const WatchCrossingsInput = strict({ filter: CrossingFilter.default({}) });
/** `skipped`: how many came beside these and were left out, because too many came at once; the search has them. */
export const WatchCrossingsEvent = strict({ items: z.array(CrossingSummary), skipped: Count });

/** A watch: verifies deeply, chain by chain, and says how far it is. */
export const VerifyProgressInput = strict({ chains: z.array(ChainName).max(500).optional() });
export const VerifyProgressEvent = strict({
  done: Count,
  of: Count,
  recordsDone: Count,
  recordsOf: Count,
  chain: z
    .strictObject({ chain: ChainName, generation: Count, size: Count, at: IsoTime, broken: z.strictObject({ seq: Count, kind: z.string(), why: z.string() }).nullable() })
    .nullable(),
  isLast: z.boolean(),
});

/** A watch: exactly what the filter matches, oldest first, in the order of time. `csv` is safe against formulas; `jsonl` are the canonical lines; `excerpt` are these with their proofs (docs/spec/excerpt-v1.md). */
export const ExportCrossingsInput = strict({ filter: CrossingFilter.default({}), format: z.enum(["csv", "jsonl", "excerpt"]) });
/** A watch: the records of `system` that name a site, as an excerpt (docs/spec/excerpt-v1.md), for who exports the site's own chain. */
export const ExportNamingInput = strict({ study: StudyId, site: SiteId });
export const ExportCrossingsEvent = strict({ lines: z.array(z.string()), done: Count, of: Count, isLast: z.boolean() });
