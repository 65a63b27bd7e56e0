import type { Grant } from "@sallyport/policy";
import type { OutboxPort } from "@sallyport/submission";
import type { ItemState, OutboxItem, Said } from "./item.ts";
import type { Sealed } from "./receipt.ts";
import type { Route, RouteHealth, RouteSettings } from "./route.ts";

/** An item as it is stored. Times are milliseconds since the epoch. */
export interface OutboxRow extends Sealed {
  /** `obx_…`. */
  readonly id: string;
  readonly packetId: string;
  readonly recipientId: string;
  /** Whether its recipient has the key now that it was sealed to: where not, it isn't sent. */
  readonly hasKey: boolean;
  readonly enqueuedAtMs: number;
  readonly changedAtMs: number;
  readonly disagreedAtMs: number | null;
  readonly item: OutboxItem;
}

/** One attempt, and what is known of it. */
export interface AttemptRow {
  readonly n: number;
  readonly routeId: string;
  readonly settings: RouteSettings;
  readonly claimedAtMs: number;
  readonly begunAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly outcome: string | null;
  readonly failure: string | null;
}

/** What a portal said, exactly as it said it. */
export interface ReceiptRow {
  readonly attempt: number;
  readonly verdict: Said["kind"];
  /** Of the body's bytes. */
  readonly sha256: string;
  readonly body: string;
  readonly atMs: number;
}

/** What an attempt ends with on record. */
export interface AttemptEnd {
  readonly outcome: string;
  readonly failure: string | null;
  readonly atMs: number;
}

/** Port: items, attempts and receipts. Each needs a grant of its act: `outbox.read`, `outbox.reconcile`, `outbox.deliver`, or an approval. */
export interface OutboxStore<Tx> extends OutboxPort<Tx> {
  /** How many items are to be taken up now. */
  due(grant: Grant, nowMs: number): Promise<number>;
  /** Items whose attempt's time is over, whose portal is to be asked, or that are to be sent, have a healthy route and are still to their recipient's key, the earliest first; held until the transaction ends, without those that another one holds. */
  hold(tx: Tx, grant: Grant, what: "expired" | "asked" | "sendable", nowMs: number): Promise<readonly OutboxRow[]>;
  /** One item, held until the transaction ends; null where there is none. Without a grant, by what the transaction stands at already. */
  lock(tx: Tx, grant: Grant | null, id: string): Promise<OutboxRow | null>;
  /** Stores how an item stands now. */
  put(tx: Tx, id: string, item: OutboxItem, at: { readonly atMs: number; readonly isDisagreement: boolean }): Promise<void>;
  openAttempt(tx: Tx, attempt: { readonly itemId: string; readonly n: number; readonly routeId: string; readonly atMs: number }): Promise<void>;
  beginAttempt(tx: Tx, attempt: { readonly itemId: string; readonly n: number; readonly atMs: number }): Promise<void>;
  /** Says how an attempt ended, or what was learned of it later. */
  endAttempt(tx: Tx, attempt: { readonly itemId: string; readonly n: number }, end: AttemptEnd): Promise<void>;
  /** Keeps a receipt; the same bytes again are kept once. */
  keepReceipt(tx: Tx, itemId: string, receipt: ReceiptRow): Promise<void>;
  /** What needs somebody first: in doubt, then those that wait for somebody, then the newest. Counts, and how many wait for somebody, are of all there are. */
  list(
    grant: Grant,
    of: { readonly state: ItemState | null; readonly limit: number },
  ): Promise<{ readonly counts: Readonly<Record<ItemState, number>>; readonly waiting: number; readonly rows: readonly OutboxRow[] }>;
  get(grant: Grant, id: string): Promise<{ readonly row: OutboxRow; readonly attempts: readonly AttemptRow[]; readonly receipts: readonly ReceiptRow[] } | null>;
}

/** A route with how it was when it was looked at last; null where nobody has. */
export interface RouteStanding extends Route {
  readonly health: RouteHealth | null;
}

/** Port: recipients' routes. A list is replaced as a whole; the ones before stay on record. */
export interface RouteStore<Tx> {
  /** Every recipient's routes as they are now, by recipient and rank. */
  current(grant: Grant): Promise<readonly RouteStanding[]>;
  /** The same of one recipient, within a transaction. */
  of(tx: Tx, grant: Grant, recipientId: string): Promise<{ readonly version: number; readonly routes: readonly RouteStanding[] }>;
  /** One route, whether or not it is a present one. */
  byId(tx: Tx, grant: Grant, id: string): Promise<Route | null>;
  /** Fails where somebody else was first with this version. */
  replace(
    tx: Tx,
    recipientId: string,
    list: { readonly version: number; readonly settings: readonly RouteSettings[]; readonly approval: string; readonly atMs: number },
  ): Promise<void>;
  /** Keeps how a route is; since when, where it was otherwise before. */
  report(tx: Tx, grant: Grant, routeId: string, health: RouteHealth): Promise<void>;
}
