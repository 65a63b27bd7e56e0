import { ListAlertsInput, ListAlertsOutput } from "@sallyport/contracts";
import type { Grant } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSites } from "../site-place.ts";

const timeOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** Whom alerts have reached: those of the caller's sites, and, for a role over the deployment, `system`'s. */
export const listAlerts = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "trail.read", resource: "trail", input: ListAlertsInput, output: ListAlertsOutput, whenFrozen: "serve", locate: () => locateSites(deps, {}) },
    async ({ input: { incidentId, limit }, grant, trace, reach }) => {
      const overall = reach({ action: "trail.read", resource: "trail" }, { kind: "deployment" });
      const grants: readonly [Grant, ...Grant[]] = overall === null ? [grant] : [grant, overall];
      const { alerts, standings } = await deps.alerts.list(grants, { about: incidentId === undefined ? null : `incident/${incidentId}`, limit });
      trace.note({ shown: alerts.length });
      return {
        routes: deps.alerts.routes().map(({ name, kind }) => {
          const standing = standings.find(({ route }) => route === name);
          return { name, kind, triedAt: timeOf(standing?.triedAtMs ?? null), failure: standing?.failure ?? null };
        }),
        alerts: alerts.map(({ id, kind, chain, about, atMs, deliveries }) => ({
          alertId: id,
          kind,
          chain,
          about,
          at: new Date(atMs).toISOString(),
          deliveries: deliveries.map(({ triedAtMs, ...delivery }) => ({ ...delivery, triedAt: timeOf(triedAtMs) })),
        })),
      };
    },
  );
