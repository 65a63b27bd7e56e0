import { ClaimOutboxInput, ClaimOutboxOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { ask, chooseRoute, claim, expire, type OutboxItem, type OutboxRow, type Route } from "@sallyport/outbox";
import type { Grant } from "@sallyport/policy";
import type { z } from "zod";
import type { Boundary } from "../../boundary/procedure.ts";
import { moveItem } from "../../outbox/move-item.ts";
import type { ApiDeps } from "../../ports.ts";
import { DELIVER, inDeployment } from "./outbox-place.ts";

type Work = z.input<typeof ClaimOutboxOutput>["work"];

const workOf = (kind: "deliver" | "ask" | "expired", row: OutboxRow, item: OutboxItem, route: Route): Work => ({
  kind,
  itemId: row.id,
  attempt: item.attempt,
  idempotencyKey: row.idempotencyKey,
  sha256: row.sha256,
  length: row.length,
  route: route.settings,
});

/** Takes up one thing to do, and no more, so that each has a record of its own. Two processes never take up the same. */
export const claimWork = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => {
  const routeOf = async (tx: Tx, grant: Grant, { item }: OutboxRow): Promise<Route> => {
    const route = item.route === null ? null : await deps.routes.byId(tx, grant, item.route);
    if (route === null) throw new SallyportError("internal");
    return route;
  };
  return boundary.change(
    { ...DELIVER, input: ClaimOutboxInput, output: ClaimOutboxOutput, locate: inDeployment },
    {
      prepare: () => Promise.resolve(null),
      commit: async (tx, { grant, trace }): Promise<{ work: Work }> => {
        const nowMs = deps.now();
        const tell = (kind: string): void => trace.note({ work: kind });
        for (const row of await deps.outbox.hold(tx, grant, "expired", nowMs)) {
          const item = expire(row.item, nowMs);
          if (item === null) continue;
          tell("expired");
          const outcome = item.state === "sealed" ? "unsent" : "in-doubt";
          await moveItem(deps, tx, trace, row, { item, isDisagreement: false }, { outcome, failure: "gone" });
          return { work: workOf("expired", row, item, await routeOf(tx, grant, row)) };
        }
        for (const row of await deps.outbox.hold(tx, grant, "asked", nowMs)) {
          const item = ask(row.item, nowMs);
          if (item === null) continue;
          tell("ask");
          await moveItem(deps, tx, trace, row, { item, isDisagreement: false }, null);
          return { work: workOf("ask", row, item, await routeOf(tx, grant, row)) };
        }
        for (const row of await deps.outbox.hold(tx, grant, "sendable", nowMs)) {
          const { routes } = await deps.routes.of(tx, grant, row.recipientId);
          const health = new Map(routes.flatMap(({ id, health: found }) => (found === null ? [] : [[id, found] as const])));
          const route = chooseRoute(routes, health, row.item.failed);
          const item = route === null ? null : claim(row.item, route.id, nowMs);
          if (route === null || item === null) continue;
          tell("deliver");
          trace.note({ route: route.id });
          await deps.outbox.openAttempt(tx, { itemId: row.id, n: item.attempt, routeId: route.id, atMs: nowMs });
          await moveItem(deps, tx, trace, row, { item, isDisagreement: false }, null);
          return { work: workOf("deliver", row, item, route) };
        }
        tell("none");
        return { work: null };
      },
    },
  );
};
