import { GetOutboxItemInput, GetOutboxItemOutput, ListOutboxInput, ListOutboxOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { isoOrNull, itemSummary, routeSummary } from "../../outbox/item-summary.ts";
import type { ApiDeps } from "../../ports.ts";
import { inDeployment, locateItem } from "./outbox-place.ts";

const READ = { action: "outbox.read", resource: "outbox" } as const;

/** What is on its way, and over which routes. */
export const listOutbox = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ ...READ, input: ListOutboxInput, output: ListOutboxOutput, locate: inDeployment }, async ({ input: { state, limit }, grant, trace }) => {
    const [{ counts, waiting, rows }, routes] = await Promise.all([deps.outbox.list(grant, { state: state ?? null, limit }), deps.routes.current(grant)]);
    trace.note({ shown: rows.length });
    return { counts, waiting, items: rows.map(itemSummary), routes: routes.map(routeSummary) };
  });

/** One item with its attempts and everything that was said of it. */
export const getOutboxItem = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ ...READ, input: GetOutboxItemInput, output: GetOutboxItemOutput, locate: locateItem }, async ({ input: { itemId }, grant }) => {
    const found = await deps.outbox.get(grant, itemId);
    if (found === null) throw new SallyportError("policy.denied");
    return {
      item: itemSummary(found.row),
      attempts: found.attempts.map(({ n, routeId, settings, claimedAtMs, begunAtMs, endedAtMs, outcome, failure }) => ({
        n,
        routeId,
        route: settings.name,
        claimedAt: new Date(claimedAtMs).toISOString(),
        begunAt: isoOrNull(begunAtMs),
        endedAt: isoOrNull(endedAtMs),
        outcome,
        failure,
      })),
      receipts: found.receipts.map(({ attempt, verdict, sha256, body, atMs }) => ({ attempt, verdict, sha256, body, at: new Date(atMs).toISOString() })),
    };
  });
