import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { claimWork } from "./claim-work.ts";
import { getOutboxItem, listOutbox } from "./list-outbox.ts";
import { reconcileItem } from "./reconcile-item.ts";
import { beginAttempt, settleAttempt } from "./settle-attempt.ts";
import { readSealed, reportRoute, watchOutbox } from "./watch-outbox.ts";

/** The outbox: what people see and want of it, and what the egress process does. */
export const outboxProcedures = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => ({
  list: listOutbox(boundary, deps),
  get: getOutboxItem(boundary, deps),
  reconcile: reconcileItem(boundary, deps),
  watch: watchOutbox(boundary, deps),
  claim: claimWork(boundary, deps),
  begin: beginAttempt(boundary, deps),
  bytes: readSealed(boundary, deps),
  settle: settleAttempt(boundary, deps),
  report: reportRoute(boundary, deps),
});
