import { z } from "zod";
import { Count, IsoTime, Reason } from "./primitives.ts";
import { strict } from "./strict.ts";

export const SpoolReceipt = z.string().regex(/^spl_[0-9a-hjkmnp-tv-z]{26}$/);

const RequestId = z.string().regex(/^req_[0-9a-hjkmnp-tv-z]{26}$/);

export const SpoolStatusInput = strict({ receipt: SpoolReceipt });
/** What became of a request that was handed over. Once it is `replayed`, the call itself, repeated with its idempotency key, answers what it did. */
export const SpoolStatusOutput = strict({
  receipt: SpoolReceipt,
  /** `unknown`: none of the caller's own, or its node hasn't entered it yet. */
  state: z.enum(["waiting", "replayed", "refused", "discarded", "unknown"]),
  procedure: z.string().nullable(),
  takenAt: IsoTime.nullable(),
  settledAt: IsoTime.nullable(),
  /** Why it was refused: a failure's code, or `expired`, `altered` or `gone`. */
  reason: z.string().nullable(),
  /** Of the crossing that it was replayed in, as the trail has it. */
  requestId: RequestId.nullable(),
});

/** One request that was handed over, without anything of what was sent. */
export const SpooledSummary = z.strictObject({
  receipt: SpoolReceipt,
  spool: z.string(),
  n: Count,
  workload: z.string(),
  x5t: z.string(),
  principal: z.string(),
  procedure: z.string(),
  takenAt: IsoTime,
  bytes: Count,
  state: z.enum(["waiting", "replayed", "refused", "discarded"]),
  settledAt: IsoTime.nullable(),
  reason: z.string().nullable(),
  requestId: RequestId.nullable(),
  /** Upon which it was discarded. */
  approvalId: z.string().nullable(),
  /** When its node removed what was sealed of one that was discarded; null until then. */
  removedAt: IsoTime.nullable(),
});

export const ListSpoolInput = strict({ limit: z.int().min(1).max(500).default(200) });
export const ListSpoolOutput = strict({
  /** This node's own: `off` where none is set up, `closed` where it couldn't be opened, `full` or `broken` where it takes nothing more. */
  node: z.strictObject({
    state: z.enum(["off", "closed", "open", "full", "broken"]),
    waiting: Count,
    bytes: Count,
    oldestAt: IsoTime.nullable(),
    requestsMax: Count,
    bytesMax: Count,
    /** Whether everything is well that a replay rests on. */
    isWell: z.boolean(),
  }),
  /** Waiting ones first, the oldest of them first; then refused ones, and the others, newest first. */
  items: z.array(SpooledSummary),
});

/** What waits is sent through the boundary at once, once, and not only when everything has been well for a while. */
export const ReplaySpoolInput = strict({});
/** How many wait, on all nodes. */
export const ReplaySpoolOutput = strict({ waiting: Count });

/** Discarding requests that wait: none of them is ever opened, and what was sealed of them is removed. */
export const RequestSpoolDiscardInput = strict({ receipts: z.array(SpoolReceipt).min(1).max(200), reason: Reason });
