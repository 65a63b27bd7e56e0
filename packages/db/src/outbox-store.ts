import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { AttemptRow, ItemState, OutboxItem, OutboxRow, OutboxStore, ReceiptRow, RouteSettings } from "@sallyport/outbox";
import { enqueued, itemStates } from "@sallyport/outbox";
import type { Database, Tx } from "./database.ts";
import { enterGrant, withGrant } from "./site-context.ts";

interface StoredItem {
  readonly id: string;
  readonly packet: string;
  readonly recipient: string;
  readonly recipient_key: string;
  readonly has_key: boolean;
  readonly sha256: string;
  readonly length: string;
  readonly key: string;
  readonly state: ItemState;
  readonly phase: OutboxItem["phase"];
  readonly attempt: number;
  readonly route: string | null;
  readonly lease_until_ms: string | null;
  readonly failed: string;
  readonly asked: number;
  readonly next_at_ms: string | null;
  readonly enqueued_at_ms: string;
  readonly changed_at_ms: string;
  readonly disagreed_at_ms: string | null;
}
interface StoredAttempt {
  readonly n: number;
  readonly route: string;
  readonly settings: string;
  readonly claimed_at_ms: string;
  readonly begun_at_ms: string | null;
  readonly ended_at_ms: string | null;
  readonly outcome: string | null;
  readonly failure: string | null;
}

/** How many of a kind are looked at in one go: what another process holds is left out, and so is what no healthy route leads from. */
const AT_ONCE = 20;

const msOf = (text: string | null): number | null => (text === null ? null : Number(text));

/** Items, attempts and receipts in Postgres, which lets an item move as the model does and no other way (0039-outbox.sql). */
export function outboxStore(database: Database, now: () => number = Date.now): OutboxStore<Tx> {
  return {
    async enqueue(tx, { packetId, recipientId, recipientKey, sha256, length, idempotencyKey }) {
      const atMs = now();
      const item = enqueued(atMs);
      await tx`
        INSERT INTO egress.outbox_item (id, packet, recipient, recipient_key, sha256, length, key, state, phase, attempt, failed, asked, next_at_ms, enqueued_at_ms, changed_at_ms)
        VALUES (${newId("obx")}, ${packetId}, ${recipientId}, ${recipientKey}, ${sha256}, ${length}::bigint, ${idempotencyKey}, ${item.state}, ${item.phase}, ${item.attempt}, '{}',
                ${item.asked}, ${item.nextAtMs}::bigint, ${atMs}::bigint, ${atMs}::bigint) ON CONFLICT (key) DO NOTHING`;
    },

    due: (grant, nowMs) =>
      withGrant(database, grant, async (tx) => {
        // One that no healthy route leads from, or whose recipient has its key no more, is not to be taken up.
        const [row] = await tx<{ due: string }>`
          SELECT count(*) AS due FROM egress.outbox_item i
           WHERE i.lease_until_ms <= ${nowMs}::bigint
              OR (i.next_at_ms <= ${nowMs}::bigint AND i.phase = 'idle'
                  AND (i.state <> 'sealed' OR egress.is_sendable(i.recipient, i.recipient_key)))`;
        return Number(row?.due ?? 0);
      }),

    async hold(tx, grant, what, nowMs) {
      await enterGrant(tx, grant);
      const rows = await tx<StoredItem>`
        SELECT i.*, egress.has_key(i.recipient, i.recipient_key) AS has_key FROM egress.outbox_item i
         WHERE CASE ${what}::text WHEN 'expired' THEN i.lease_until_ms <= ${nowMs}::bigint
                                  WHEN 'asked' THEN i.state <> 'sealed' AND i.next_at_ms <= ${nowMs}::bigint
                                  ELSE i.state = 'sealed' AND i.phase = 'idle' AND i.next_at_ms <= ${nowMs}::bigint
                                    AND egress.is_sendable(i.recipient, i.recipient_key) END
         ORDER BY coalesce(i.lease_until_ms, i.next_at_ms), i.id LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED`;
      return rows.map(rowOf);
    },

    async lock(tx, grant, id) {
      if (grant !== null) await enterGrant(tx, grant);
      await tx`SELECT 1 FROM egress.outbox_item WHERE id = ${id} FOR UPDATE`;
      // A statement of its own: it sees what the one before waited for.
      const [row] = await tx<StoredItem>`SELECT i.*, egress.has_key(i.recipient, i.recipient_key) AS has_key FROM egress.outbox_item i WHERE i.id = ${id}`;
      return row === undefined ? null : rowOf(row);
    },

    async put(tx, id, { state, phase, attempt, route, leaseUntilMs, failed, asked, nextAtMs }, { atMs, isDisagreement }) {
      const rows = await tx`
        UPDATE egress.outbox_item
           SET state = ${state}, phase = ${phase}, attempt = ${attempt}, route = ${route}, lease_until_ms = ${leaseUntilMs}::bigint, failed = ${JSON.stringify(failed)}, asked = ${asked},
               next_at_ms = ${nextAtMs}::bigint, changed_at_ms = ${atMs}::bigint, disagreed_at_ms = CASE WHEN ${isDisagreement}::boolean THEN ${atMs}::bigint ELSE disagreed_at_ms END
         WHERE id = ${id} RETURNING 1`;
      if (rows.length !== 1) throw new SallyportError("outbox.state", { item: id });
    },

    async openAttempt(tx, { itemId, n, routeId, atMs }) {
      await tx`INSERT INTO egress.delivery_attempt (item, n, route, claimed_at_ms) VALUES (${itemId}, ${n}, ${routeId}, ${atMs}::bigint)`;
    },

    async beginAttempt(tx, { itemId, n, atMs }) {
      await tx`UPDATE egress.delivery_attempt SET begun_at_ms = ${atMs}::bigint WHERE item = ${itemId} AND n = ${n}`;
    },

    async endAttempt(tx, { itemId, n }, { outcome, failure, atMs }) {
      await tx`
        UPDATE egress.delivery_attempt SET outcome = ${outcome}, failure = ${failure}, ended_at_ms = coalesce(ended_at_ms, ${atMs}::bigint)
         WHERE item = ${itemId} AND n = ${n}`;
    },

    async keepReceipt(tx, itemId, { attempt, verdict, sha256, body, atMs }) {
      await tx`
        INSERT INTO egress.receipt (item, attempt, sha256, body, verdict, at_ms) VALUES (${itemId}, ${attempt}, ${sha256}, ${body}, ${verdict}, ${atMs}::bigint)
        ON CONFLICT (item, attempt, sha256) DO NOTHING`;
    },

    list: (grant, { state, limit }) =>
      withGrant(database, grant, async (tx) => {
        const found = await tx<{ state: ItemState; many: string; waiting: string }>`
          SELECT i.state, count(*) AS many, count(*) FILTER (WHERE egress.waits(i)) AS waiting FROM egress.outbox_item i GROUP BY i.state`;
        const rows = await tx<StoredItem>`
          SELECT i.*, egress.has_key(i.recipient, i.recipient_key) AS has_key
            FROM egress.outbox_item i WHERE ${state}::text IS NULL OR i.state = ${state}
           ORDER BY CASE WHEN i.state = 'in-doubt' THEN 0 WHEN egress.waits(i) THEN 1 ELSE 2 END, i.enqueued_at_ms DESC, i.id DESC LIMIT ${limit}`;
        const many = (of: ItemState): number => Number(found.find((each) => each.state === of)?.many ?? 0);
        return {
          counts: Object.fromEntries(itemStates.map((of) => [of, many(of)])) as Record<ItemState, number>,
          waiting: Number(found.find((each) => each.state === "sealed")?.waiting ?? 0),
          rows: rows.map(rowOf),
        };
      }),

    get: (grant, id) =>
      withGrant(database, grant, async (tx) => {
        const [row] = await tx<StoredItem>`SELECT i.*, egress.has_key(i.recipient, i.recipient_key) AS has_key FROM egress.outbox_item i WHERE i.id = ${id}`;
        if (row === undefined) return null;
        const attempts = await tx<StoredAttempt>`
          SELECT a.*, r.settings FROM egress.delivery_attempt a JOIN egress.route r ON r.id = a.route WHERE a.item = ${id} ORDER BY a.n DESC LIMIT 200`;
        const receipts = await tx<Omit<ReceiptRow, "atMs"> & { readonly at_ms: string }>`
          SELECT attempt, verdict, sha256, body, at_ms FROM egress.receipt WHERE item = ${id} ORDER BY at_ms DESC, sha256 LIMIT 20`;
        return { row: rowOf(row), attempts: attempts.map(attemptOf), receipts: receipts.map(({ at_ms, ...receipt }) => ({ ...receipt, atMs: Number(at_ms) })) };
      }),
  };
}

const rowOf = (row: StoredItem): OutboxRow => ({
  id: row.id,
  packetId: row.packet,
  recipientId: row.recipient,
  hasKey: row.has_key,
  sha256: row.sha256,
  length: Number(row.length),
  idempotencyKey: row.key,
  enqueuedAtMs: Number(row.enqueued_at_ms),
  changedAtMs: Number(row.changed_at_ms),
  disagreedAtMs: msOf(row.disagreed_at_ms),
  item: {
    state: row.state,
    phase: row.phase,
    attempt: row.attempt,
    route: row.route,
    leaseUntilMs: msOf(row.lease_until_ms),
    failed: JSON.parse(row.failed) as OutboxItem["failed"],
    asked: row.asked,
    nextAtMs: msOf(row.next_at_ms),
  },
});

const attemptOf = ({ n, route, settings, claimed_at_ms, begun_at_ms, ended_at_ms, outcome, failure }: StoredAttempt): AttemptRow => ({
  n,
  routeId: route,
  settings: JSON.parse(settings) as RouteSettings,
  claimedAtMs: Number(claimed_at_ms),
  begunAtMs: msOf(begun_at_ms),
  endedAtMs: msOf(ended_at_ms),
  outcome,
  failure,
});
