import { SallyportError } from "@sallyport/errors";
import type { LockRow, LockStore } from "@sallyport/policy";
import type { Statement } from "./connection.ts";
import type { Database, Tx } from "./database.ts";
import { withGrant } from "./site-context.ts";

interface StoredLock extends Omit<LockRow, "lifted" | "untilMs" | "setAtMs"> {
  readonly untilMs: string | null;
  readonly setAtMs: string;
  readonly liftedBy: string | null;
  readonly liftedAtMs: string | null;
}

/** Locks in Postgres. Each change moves the policy's epoch, by a trigger. */
export function lockStore(database: Database): LockStore<Tx> {
  return {
    byId: (id) => read(database.run, id),

    async list(grant, limit) {
      grant.assert("lock.read");
      return withGrant(database, grant, async (tx) => {
        const rows = await tx<StoredLock & { readonly sealed: string; readonly commitment: string }>`
          SELECT l.id, l.kind, l.target, l.set_by AS "setBy", l.reason, l.set_at_ms AS "setAtMs", l.until_ms AS "untilMs",
                 l.lifted_by AS "liftedBy", l.lifted_at_ms AS "liftedAtMs", r.sealed, r.commitment
            FROM policy.locks l JOIN policy.lock_reasons() r ON r.id = l.reason ORDER BY l.set_at_ms DESC, l.id DESC LIMIT ${limit}`;
        return rows.map(({ sealed, commitment, ...row }) => ({ ...lockOf(row), sealed, commitment }));
      });
    },

    async lock(tx, id) {
      await tx`SELECT 1 FROM policy.locks WHERE id = ${id} FOR UPDATE`;
      // A statement of its own: it sees what the one before waited for.
      return read(tx, id);
    },

    async on(tx, { kind, target }, sinceMs) {
      const rows = await tx<StoredLock>`
        SELECT id, kind, target, set_by AS "setBy", reason, set_at_ms AS "setAtMs", until_ms AS "untilMs", lifted_by AS "liftedBy", lifted_at_ms AS "liftedAtMs"
          FROM policy.locks WHERE kind = ${kind} AND target = ${target} AND (lifted_at_ms IS NULL OR set_at_ms >= ${sinceMs}::bigint) ORDER BY set_at_ms DESC, id DESC`;
      return rows.map(lockOf);
    },

    async set(tx, { id, kind, target, setBy, reason, setAtMs, untilMs }) {
      await tx`
        INSERT INTO policy.locks (id, kind, target, set_by, reason, set_at_ms, until_ms)
        VALUES (${id}, ${kind}, ${target}, ${setBy}, ${reason}, ${setAtMs}, ${untilMs})`;
    },

    async lift(tx, id, { by, atMs, reason }) {
      const rows = await tx`
        UPDATE policy.locks SET lifted_by = ${by}, lifted_at_ms = ${atMs}, lift_reason = ${reason} WHERE id = ${id} AND lifted_at_ms IS NULL RETURNING 1`;
      if (rows.length !== 1) throw new SallyportError("lock.state", { lock: id });
    },
  };
}

const lockOf = ({ untilMs, setAtMs, liftedBy, liftedAtMs, ...row }: StoredLock): LockRow => ({
  ...row,
  setAtMs: Number(setAtMs),
  untilMs: untilMs === null ? null : Number(untilMs),
  lifted: liftedBy === null ? null : { by: liftedBy, atMs: Number(liftedAtMs) },
});

async function read(statement: Statement, id: string): Promise<LockRow | null> {
  const [row] = await statement<StoredLock>`
    SELECT id, kind, target, set_by AS "setBy", reason, set_at_ms AS "setAtMs", until_ms AS "untilMs", lifted_by AS "liftedBy", lifted_at_ms AS "liftedAtMs"
      FROM policy.locks WHERE id = ${id}`;
  return row === undefined ? null : lockOf(row);
}
