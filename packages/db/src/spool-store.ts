import type { HeldSpooled, SpooledStanding, SpoolStore } from "@sallyport/policy";
import type { Database, Tx } from "./database.ts";
import { enterGrant, withGrant } from "./site-context.ts";

interface Stored {
  readonly receipt: string;
  readonly spool: string;
  readonly n: string;
  readonly workload: string;
  readonly x5t: string;
  readonly principal: string;
  readonly procedure: string;
  readonly taken_ms: string;
  readonly bytes: string;
  readonly sha256: string;
  readonly state: SpooledStanding["state"];
  readonly reason: string | null;
  readonly request_id: string | null;
  readonly settled_ms: string | null;
  readonly approval: string | null;
  readonly let_go_ms: string | null;
}

interface Held {
  readonly receipt: string;
  readonly principal: string;
  readonly taken_ms: string;
  readonly bytes: string;
  readonly sha256: string;
  readonly is_waiting: boolean;
}

const msOrNull = (text: string | null): number | null => (text === null ? null : Number(text));

const standingOf = ({ n, taken_ms, bytes, request_id, settled_ms, let_go_ms, ...row }: Stored): SpooledStanding => ({
  ...row,
  n: Number(n),
  takenMs: Number(taken_ms),
  bytes: Number(bytes),
  requestId: request_id,
  settledMs: msOrNull(settled_ms),
  letGoMs: msOrNull(let_go_ms),
});

const heldOf = ({ taken_ms, bytes, is_waiting, ...row }: Held): HeldSpooled => ({ ...row, takenMs: Number(taken_ms), bytes: Number(bytes), isWaiting: is_waiting });

/** Handed-over requests in Postgres: entered and settled by functions of the owner's, which do nothing else; read under row security. */
export function spoolStore(database: Database): SpoolStore<Tx> {
  return {
    async enter(tx, { receipt, spool, n, workload, x5t, principal, procedure, takenMs, bytes, sha256 }) {
      const [row] = await tx<{ entered: boolean }>`
        SELECT ingress.enter_spooled(${receipt}, ${spool}, ${n}::bigint, ${workload}, ${x5t}, ${principal}, ${procedure}, ${takenMs}::bigint, ${bytes}::bigint, ${sha256}) AS entered`;
      return row?.entered === true;
    },
    async settle(tx, receipt, { state, reason, requestId }, atMs) {
      const [row] = await tx<{ settled: boolean }>`SELECT ingress.settle_spooled(${receipt}, ${state}, ${reason}, ${requestId}, ${atMs}::bigint) AS settled`;
      return row?.settled === true;
    },
    async replaying(receipt, sinceMs) {
      const [row] = await database.run<{ waits: boolean }>`SELECT ingress.replay_spooled(${receipt}, ${sinceMs}::bigint) AS waits`;
      return row?.waits === true;
    },
    async hold(tx, grant, receipts) {
      await enterGrant(tx, grant);
      const rows = await tx<Held>`SELECT receipt, principal, taken_ms, bytes, sha256, is_waiting FROM ingress.hold_spooled(${receipts.join(" ")})`;
      return rows.map(heldOf);
    },
    async discard(tx, approval, atMs) {
      const [row] = await tx<{ discarded: number }>`SELECT ingress.discard_spooled(${approval}, ${atMs}::bigint) AS discarded`;
      return row?.discarded ?? 0;
    },
    discarded: (spool) => database.run<{ receipt: string; approval: string }>`SELECT receipt, approval FROM ingress.discarded_spooled(${spool})`,
    async letGo(tx, receipt, atMs) {
      const [row] = await tx<{ gone: boolean }>`SELECT ingress.let_go_spooled(${receipt}, ${atMs}::bigint) AS gone`;
      return row?.gone === true;
    },
    async wantReplay(tx, grant, atMs) {
      await enterGrant(tx, grant);
      const [row] = await tx<{ waiting: string }>`SELECT ingress.want_replay(${atMs}::bigint) AS waiting`;
      return Number(row?.waiting ?? 0);
    },
    async replaysWanted() {
      const [row] = await database.run<{ n: string }>`SELECT ingress.last_replay_wanted() AS n`;
      return Number(row?.n ?? 0);
    },
    async standing(spool) {
      const [row] = await database.run<{ entered: string; last: string; waiting: string }>`SELECT entered, last, waiting FROM ingress.spool_standing(${spool})`;
      return { entered: Number(row?.entered ?? 0), last: Number(row?.last ?? 0), waiting: (row?.waiting ?? "").split(" ").filter((receipt) => receipt !== "") };
    },
    find: (grant, receipt) =>
      withGrant(database, grant, async (tx) => {
        const [row] = await tx<Stored>`
          SELECT receipt, spool, n, workload, x5t, principal, procedure, taken_ms, bytes, sha256, state, reason, request_id, settled_ms, approval, let_go_ms
            FROM ingress.spooled WHERE receipt = ${receipt} AND principal = ${grant.principal}`;
        return row === undefined ? null : standingOf(row);
      }),
    list: (grant, limit) =>
      withGrant(database, grant, async (tx) => {
        const rows = await tx<Stored>`
          SELECT receipt, spool, n, workload, x5t, principal, procedure, taken_ms, bytes, sha256, state, reason, request_id, settled_ms, approval, let_go_ms
            FROM ingress.spooled
           ORDER BY CASE state WHEN 'waiting' THEN 1 WHEN 'refused' THEN 2 WHEN 'discarded' THEN 3 ELSE 4 END,
                    CASE state WHEN 'waiting' THEN taken_ms ELSE -taken_ms END, CASE state WHEN 'waiting' THEN n ELSE -n END LIMIT ${limit}`;
        return rows.map(standingOf);
      }),
  };
}
