import { z } from "zod";
import { Hex64, IsoTime, Reason, RecipientId } from "./primitives.ts";
import { strict } from "./strict.ts";

export const OutboxItemId = z.string().regex(/^obx_[0-9a-hjkmnp-tv-z]{26}$/);
export const RouteId = z.string().regex(/^rte_[0-9a-hjkmnp-tv-z]{26}$/);

/** A recipient has a primary and three fallbacks at most. */
const ROUTES_MAX = 4;
const name = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,39}$/);
const host = z.string().regex(/^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/);
const port = z.int().min(1).max(65_535);
/** Absolute, of plain names; nothing in it leads upwards. */
const folder = z.string().regex(/^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]{1,64}){1,12}$/);

/** Where a recipient takes packets (docs/spec/delivery-v1.md). No secret is in it: `credential` names what the egress process keeps to prove itself with there. */
export const RouteSettings = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("https"), name, host, port, path: folder, credential: name }),
  z.strictObject({
    kind: z.literal("sftp"),
    name,
    host,
    port,
    folder,
    user: z.string().regex(/^[a-z_][a-z0-9_.-]{0,31}$/),
    /** The host key's fingerprint, as `ssh-keygen -l` shows it. */
    hostKey: z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/),
    credential: name,
  }),
]);

/** A recipient's routes in their order: the primary first. Each has a name of its own. */
export const RouteList = z
  .array(RouteSettings)
  .min(1)
  .max(ROUTES_MAX)
  .refine((routes) => new Set(routes.map((route) => route.name)).size === routes.length);

export const OutboxState = z.enum(["sealed", "sent", "acknowledged", "rejected", "in-doubt"]);
const Phase = z.enum(["idle", "claimed", "sending"]);
const AttemptNumber = z.int().min(1).max(1_000_000);
/** Why something failed, in a word of the transport's; never what a portal or a library said. */
const FailureWord = z.string().regex(/^[a-z0-9_.-]{1,64}$/);

const RouteStanding = z.strictObject({
  routeId: RouteId,
  recipientId: RecipientId,
  /** 0 for the primary. */
  rank: z.int(),
  settings: RouteSettings,
  /** Null where nobody has looked at it yet: then it isn't used. */
  health: z.strictObject({ state: z.enum(["healthy", "unhealthy"]), since: IsoTime, failure: z.string().nullable() }).nullable(),
});

/** One packet on its way to one recipient. */
export const OutboxItemSummary = z.strictObject({
  itemId: OutboxItemId,
  packetId: z.string(),
  recipientId: RecipientId,
  sha256: Hex64,
  length: z.int().min(1),
  idempotencyKey: z.string(),
  state: OutboxState,
  phase: Phase,
  attempts: z.int(),
  enqueuedAt: IsoTime,
  changedAt: IsoTime,
  /** When it is sent next, or its portal asked; null where nothing is done by itself. */
  nextAt: IsoTime.nullable(),
  /** Whether its recipient was withdrawn, or has another key now than it was sealed to: then it isn't sent any more. */
  isStopped: z.boolean(),
  /** When a portal contradicted us, or itself, last. */
  disagreedAt: IsoTime.nullable(),
});

export const ListOutboxInput = strict({ state: OutboxState.optional(), limit: z.int().min(1).max(200).default(100) });
export const ListOutboxOutput = strict({
  /** How many items are in each state, of all there are. */
  counts: z.record(OutboxState, z.int()),
  /** How many of the sealed ones wait for somebody, of all there are: tried in vain for as often as they are tried by themselves. */
  waiting: z.int(),
  /** What needs somebody first: in doubt, then those that wait for somebody, then the newest; no more than were asked for. */
  items: z.array(OutboxItemSummary),
  /** Every recipient's routes as they are registered now, in their order. */
  routes: z.array(RouteStanding),
});

export const GetOutboxItemInput = strict({ itemId: OutboxItemId });
export const GetOutboxItemOutput = strict({
  item: OutboxItemSummary,
  attempts: z.array(
    z.strictObject({
      n: AttemptNumber,
      routeId: RouteId,
      route: z.string(),
      claimedAt: IsoTime,
      /** From here on bytes may have gone out; null where none did. */
      begunAt: IsoTime.nullable(),
      endedAt: IsoTime.nullable(),
      /** How it ended, or what its portal said of it later. */
      outcome: z.string().nullable(),
      failure: z.string().nullable(),
    }),
  ),
  receipts: z.array(z.strictObject({ attempt: AttemptNumber, verdict: z.string(), sha256: Hex64, body: z.string(), at: IsoTime })),
});

/** What is next is wanted at once: a sealed item is sent, any other's portal is asked. */
export const ReconcileItemInput = strict({ itemId: OutboxItemId });
export const ReconcileItemOutput = strict({ itemId: OutboxItemId, state: OutboxState, next: z.enum(["sent", "asked"]) });

/** The whole list of a recipient's routes, in the place of the one before. */
export const RequestRoutesInput = strict({ recipientId: RecipientId, routes: RouteList, reason: Reason });
export const RequestResendInput = strict({ itemId: OutboxItemId, reason: Reason });

/** For the egress process alone: what there is to do. */
export const WatchOutboxInput = strict({});
export const WatchOutboxEvent = strict({
  /** Items that are to be taken up now. */
  due: z.int().min(0),
  /** Every route, to be looked at; with how it is on record, null where nobody has looked at it: its failure, null where it is healthy. */
  routes: z.array(z.strictObject({ routeId: RouteId, settings: RouteSettings, health: z.strictObject({ failure: FailureWord.nullable() }).nullable() })),
});

/** For the egress process alone: one thing to do, or nothing. `expired` says only that an attempt's time was over. */
export const ClaimOutboxInput = strict({});
export const ClaimOutboxOutput = strict({
  work: z
    .strictObject({
      kind: z.enum(["deliver", "ask", "expired"]),
      itemId: OutboxItemId,
      attempt: AttemptNumber,
      idempotencyKey: z.string(),
      sha256: Hex64,
      length: z.int().min(1),
      route: RouteSettings,
    })
    .nullable(),
});

/** For the egress process alone: from here on bytes go out. */
export const BeginAttemptInput = strict({ itemId: OutboxItemId, attempt: AttemptNumber });
export const BeginAttemptOutput = strict({ itemId: OutboxItemId, attempt: AttemptNumber });

/** For the egress process alone: the sealed bytes, piece by piece, in base64. */
export const ReadSealedInput = strict({ itemId: OutboxItemId, attempt: AttemptNumber, from: z.int().min(0).default(0) });
export const ReadSealedEvent = strict({ from: z.int().min(0), content: z.string() });

/** For the egress process alone: how an attempt ended, or what its portal answered; with the receipt's exact bytes in base64, where there is one. */
export const SettleAttemptInput = strict({
  itemId: OutboxItemId,
  attempt: AttemptNumber,
  asked: z.boolean(),
  kind: z.enum(["unsent", "sent", "in-doubt", "received", "rejected", "not-received", "pending", "disagrees", "unknown"]),
  failure: FailureWord.optional(),
  receipt: z.base64().max(90_000).optional(),
});
export const SettleAttemptOutput = strict({ itemId: OutboxItemId, state: OutboxState });

/** For the egress process alone: how a route is. */
export const ReportRouteInput = strict({ routeId: RouteId, failure: FailureWord.nullable() });
export const ReportRouteOutput = strict({ routeId: RouteId, state: z.enum(["healthy", "unhealthy"]) });
