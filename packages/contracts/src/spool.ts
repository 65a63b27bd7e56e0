import { z } from "zod";
import { Count, IsoTime } from "./primitives.ts";
import { strict } from "./strict.ts";

export const SpoolReceipt = z.string().regex(/^spl_[0-9a-hjkmnp-tv-z]{26}$/);

const RequestId = z.string().regex(/^req_[0-9a-hjkmnp-tv-z]{26}$/);

export const SpoolStatusInput = strict({ receipt: SpoolReceipt });
/** What became of a request that was handed over. Once it is `replayed`, the call itself, repeated with its idempotency key, answers what it did. */
export const SpoolStatusOutput = strict({
  receipt: SpoolReceipt,
  /** `unknown`: none of the caller's own, or its node hasn't entered it yet. */
  state: z.enum(["waiting", "replayed", "refused", "unknown"]),
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
  state: z.enum(["waiting", "replayed", "refused"]),
  settledAt: IsoTime.nullable(),
  reason: z.string().nullable(),
  requestId: RequestId.nullable(),
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
  }),
  /** Waiting ones first, then refused ones, newest first. */
  items: z.array(SpooledSummary),
});
