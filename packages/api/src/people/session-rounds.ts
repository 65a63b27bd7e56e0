import { newId } from "@sallyport/crypto";
import { ATTEMPTS_KEPT_MS } from "@sallyport/people";
import type { PeopleDeps } from "./people-deps.ts";
import { endRecord } from "./session-opening.ts";

/** Another node may have seen a session and not have written it yet: it is ended a little later than it is refused. */
const GRACE_MS = 10_000;

/** Ends sessions that nobody uses any more, or whose time is over, each on record; and forgets what has expired. Called every few seconds. */
export async function endDueSessions<Tx>(deps: Pick<PeopleDeps<Tx>, "now" | "stores" | "trail" | "limits">): Promise<void> {
  const { now, stores, trail, limits } = deps;
  const nowMs = now();
  for (const session of await stores.sessions.due({ idleBeforeMs: nowMs - limits.idleMs - GRACE_MS, nowMs })) {
    const why = nowMs >= session.endsMs ? "expired" : "idle";
    await trail.inTransaction(async (tx, appendLast) => {
      // Another node was first: the record is its own.
      if (!(await stores.sessions.end(tx, session.id, why, nowMs))) return;
      await appendLast([endRecord(session, why, "-", newId("req"))]);
    });
  }
  await stores.ceremonies.prune(nowMs);
  await stores.terminals.prune(nowMs);
  await stores.attempts.prune(nowMs - ATTEMPTS_KEPT_MS);
}
