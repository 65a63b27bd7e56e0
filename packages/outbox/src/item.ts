/** What has become of an item (DESIGN §7). `sealed`: surely nothing of it has arrived anywhere. */
export const itemStates = ["sealed", "sent", "acknowledged", "rejected", "in-doubt"] as const;
export type ItemState = (typeof itemStates)[number];

/** How far the attempt is that is under way: taken up, with nothing sent; or with bytes that may be on their way. */
export type Phase = "idle" | "claimed" | "sending";

/** One sealed packet for one recipient, as it stands. Times are milliseconds since the epoch. */
export interface OutboxItem {
  readonly state: ItemState;
  readonly phase: Phase;
  /** Attempts so far. The last one's number is its fence: who has an earlier one may do nothing more. */
  readonly attempt: number;
  /** Where the last attempt went, or goes; null before the first. */
  readonly route: string | null;
  /** When the attempt under way is taken to have been broken off; null where none is. */
  readonly leaseUntilMs: number | null;
  /** Attempts since it was last begun afresh that surely brought nothing, by route. */
  readonly failed: Readonly<Record<string, number>>;
  /** Times that its portal was asked in vain since its state last changed. */
  readonly asked: number;
  /** When it is sent next (`sealed`), or its portal asked; null where nothing is done by itself. */
  readonly nextAtMs: number | null;
}

/** How one attempt ended, as the egress process saw it. */
export type Outcome =
  /** Surely nothing arrived. */
  | { readonly kind: "unsent"; readonly failure: string }
  /** The portal has every byte and hasn't said yet what it makes of it. */
  | { readonly kind: "sent" }
  /** Bytes went out, and nothing says what became of them. */
  | { readonly kind: "in-doubt"; readonly failure: string }
  | Said;

/** What a portal says of an item, once its receipt was compared with what was sealed ({@link verdictOf}). */
export type Said =
  | { readonly kind: "received" }
  | { readonly kind: "rejected" }
  /** It has nothing of it, and will take nothing of an earlier attempt any more. */
  | { readonly kind: "not-received" }
  /** It has it and hasn't decided. */
  | { readonly kind: "pending" }
  /** It speaks of other bytes, of another key, or contradicts what it said before. */
  | { readonly kind: "disagrees" };

/** What asking a portal came to. */
export type Asked = Said | { readonly kind: "unknown"; readonly failure: string };

/** A fresh item: due at once. */
export const enqueued = (nowMs: number): OutboxItem => ({
  state: "sealed",
  phase: "idle",
  attempt: 0,
  route: null,
  leaseUntilMs: null,
  failed: {},
  asked: 0,
  nextAtMs: nowMs,
});

export const isSettled = ({ state }: Pick<OutboxItem, "state">): boolean => state === "acknowledged" || state === "rejected";
