import type { SpooledStanding, SpoolStore } from "@sallyport/policy";
import type { Database, Tx } from "./database.ts";
import { withGrant } from "./site-context.ts";

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
}

const standingOf = ({ n, taken_ms, bytes, request_id, settled_ms, ...row }: Stored): SpooledStanding => ({
  ...row,
  n: Number(n),
  takenMs: Number(taken_ms),
  bytes: Number(bytes),
  requestId: request_id,
  settledMs: settled_ms === null ? null : Number(settled_ms),
});

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
    async standing(spool) {
      const [row] = await database.run<{ entered: string; last: string; waiting: string }>`SELECT entered, last, waiting FROM ingress.spool_standing(${spool})`;
      return { entered: Number(row?.entered ?? 0), last: Number(row?.last ?? 0), waiting: (row?.waiting ?? "").split(" ").filter((receipt) => receipt !== "") };
    },
    find: (grant, receipt) =>
      withGrant(database, grant, async (tx) => {
        const [row] = await tx<Stored>`SELECT * FROM ingress.spooled WHERE receipt = ${receipt} AND principal = ${grant.principal}`;
        return row === undefined ? null : standingOf(row);
      }),
    list: (grant, limit) =>
      withGrant(database, grant, async (tx) => {
        const rows = await tx<Stored>`
          SELECT * FROM ingress.spooled ORDER BY CASE state WHEN 'waiting' THEN 1 WHEN 'refused' THEN 2 ELSE 3 END, taken_ms DESC, n DESC LIMIT ${limit}`;
        return rows.map(standingOf);
      }),
  };
}
