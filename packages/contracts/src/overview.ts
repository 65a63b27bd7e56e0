import { z } from "zod";
import { ChainName, Count, IsoTime } from "./primitives.ts";
import { strict } from "./strict.ts";

const Pillar = z.strictObject({ pillar: z.enum(["workload", "principal", "policy", "phi", "trail"]), state: z.enum(["ok", "degraded", "down"]), text: z.string() });

/** Crossings from one zone into another in the last minute. */
export const ZoneFlow = z.strictObject({ from: z.string(), to: z.string(), allowed: Count, denied: Count });

/** Crossings of one minute (or of `bucketSeconds`). */
export const OutcomeBucket = z.strictObject({ at: IsoTime, allowed: Count, denied: Count, failed: Count });

/** What a chain is: how far written, how far signed, and what the last verification said. */
export const ChainStatus = z.strictObject({
  chain: ChainName,
  generation: Count,
  size: Count,
  checkpointed: Count,
  /** When the last checkpoint was stored; null before the first. */
  checkpointedAt: IsoTime.nullable(),
  /** What holds the chain outside, and up to which record (0: none yet); `failure`: the code with which its last try failed. Empty: nothing does. */
  anchors: z.array(z.strictObject({ kind: z.enum(["witness", "timestamp", "folder"]), name: z.string(), size: Count, at: IsoTime.nullable(), failure: z.string().nullable() })),
  /** When every record of all its generations was verified last; null where that wasn't done of one since the custodian started. */
  verifiedAt: IsoTime.nullable(),
  /** The same, where what is sealed counts by its seals. */
  sealsAt: IsoTime.nullable(),
  /** Up to when what is new was verified, as it is before each checkpoint; nothing older is looked at then. */
  checkedAt: IsoTime.nullable(),
  broken: z.strictObject({ seq: Count, kind: z.string() }).nullable(),
  /** The first earlier generation that is broken: the chain has gone on, and no incident's end mends it. */
  brokenBefore: z.strictObject({ generation: Count, seq: Count, kind: z.string() }).nullable(),
});

/** What waits for the caller. */
export const Need = z.strictObject({
  kind: z.enum([
    "approval",
    "packet",
    "lock",
    "locked",
    "alerts",
    "broken",
    "anchors",
    "emergency",
    "emergency_review",
    "access_review",
    "trail_review",
    "outbox",
    "few_administrators",
    "one_authenticator",
  ]),
  text: z.string(),
  count: Count,
  href: z.string(),
});
export type Need = z.infer<typeof Need>;

export const OverviewInput = strict({ hours: z.union([z.literal(1), z.literal(24), z.literal(168)]).default(1) });
/** The parts that the caller's rights don't reach are null, not empty. */
export const OverviewOutput = strict({
  at: IsoTime,
  pillars: z.array(Pillar),
  isFrozen: z.boolean(),
  flows: z.array(ZoneFlow).nullable(),
  outcomes: z.strictObject({ bucketSeconds: Count, buckets: z.array(OutcomeBucket) }).nullable(),
  topDenials: z.array(z.strictObject({ reason: z.string(), count: Count })).nullable(),
  chains: z.array(ChainStatus).nullable(),
  needs: z.array(Need),
  fingerprint: z.string(),
});

/** A watch: the same, as it changes; at most once in two seconds. */
export const WatchOverviewInput = strict({ ...OverviewInput.shape });
