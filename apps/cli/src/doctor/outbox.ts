import type { Invocation } from "../command.ts";
import { type Finding, ok, warning } from "./finding.ts";
import { knownFindings } from "./known-findings.ts";

const OUTBOX = { check: "outbox", what: "the outbox and its routes", may: "a regulatory_coordinator, an auditor or a security_admin" };
const RUNBOOK = "see docs/runbooks/outbox.md";

/** Whether something in the outbox waits for people, where whoever asks may know. */
export async function checkOutbox(invocation: Invocation): Promise<readonly Finding[]> {
  return await knownFindings(invocation, OUTBOX, async ({ api }) => {
    const { counts, waiting, routes } = await api.outbox.list.query({});
    const doubted = counts["in-doubt"] ?? 0;
    const unhealthy = routes.filter(({ health }) => health?.state !== "healthy");
    const found = [
      ...(doubted > 0 ? [warning("outbox", `items in doubt: ${doubted}`, `have their portals asked; ${RUNBOOK}`)] : []),
      ...(waiting > 0 ? [warning("outbox", `items that were tried in vain and wait for somebody: ${waiting}`, `sallyport outbox reconcile ITEM; ${RUNBOOK}`)] : []),
      ...unhealthy.map(({ recipientId, settings, health }) =>
        warning("outbox", `route ${settings.name} to ${recipientId} is ${health === null ? "not looked at yet" : `unhealthy (${health.failure ?? "-"})`}`, RUNBOOK),
      ),
    ];
    return found.length > 0 ? found : [ok("outbox", "nothing is in doubt, and every route is healthy")];
  });
}
