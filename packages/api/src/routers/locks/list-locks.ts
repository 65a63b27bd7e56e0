import { ListLocksInput, ListLocksOutput } from "@sallyport/contracts";
import { isLocking, type LockRow } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import { shownTarget } from "../../locks/lock-target.ts";
import type { ApiDeps } from "../../ports.ts";
import { openReason } from "../../sealed-reason.ts";

const SHOWN = 500;
const iso = (ms: number): string => new Date(ms).toISOString();

/** Every lock with who set it, why, and until when. */
export const listLocks = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "lock.read", resource: "lock", input: ListLocksInput, output: ListLocksOutput, locate: () => Promise.resolve({ place: { kind: "deployment" }, found: null }) },
    async ({ grant, may, trace }) => {
      const nowMs = deps.now();
      const { change } = await deps.referenceKeys();
      const [rows, people] = await Promise.all([deps.locks.list(grant, SHOWN), deps.people.people.list(nowMs)]);
      const names = new Map(people.map(({ id, printedName, username }) => [id, `${printedName} (${username})`]));
      const nameOf = (id: string): string => names.get(id) ?? id;
      const mayLift = (row: LockRow): "yes" | "approval" | null => {
        if (row.lifted !== null || !isLocking(row, nowMs) || !may({ action: "lock.lift", resource: "lock" }, { kind: "deployment" })) return null;
        return row.setBy === grant.person ? "yes" : "approval";
      };
      trace.note({ shown: rows.length });
      return {
        locks: rows.map((row) => ({
          lockId: row.id,
          target: shownTarget(row),
          label: nameOf(row.target),
          setBy: nameOf(row.setBy),
          setAt: iso(row.setAtMs),
          until: row.untilMs === null ? null : iso(row.untilMs),
          reason: openReason(change, grant, { id: row.reason, sealed: row.sealed, commitment: row.commitment }),
          lifted: row.lifted === null ? null : { by: nameOf(row.lifted.by), at: iso(row.lifted.atMs) },
          isInForce: row.lifted === null && isLocking(row, nowMs),
          mayLift: mayLift(row),
        })),
      };
    },
  );
