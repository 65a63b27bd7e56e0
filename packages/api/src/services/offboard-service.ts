import { isPowerful, type PolicyDocument, type ServiceRow } from "@sallyport/policy";
import type { Detail } from "../boundary/trace.ts";
import type { ApiDeps } from "../ports.ts";

/** The principal of a service that is created by an act. */
export const servicePrincipal = (service: string): string => `svc_${service.replaceAll("-", "_")}`;

/** Whether a service holds, now or later, what two people give: then two people take it away with all the rest. */
export const holdsPower = ({ assignments }: Pick<ServiceRow, "assignments">, document: Pick<PolicyDocument, "grants">, nowMs: number): boolean =>
  assignments.some(({ role, untilMs }) => (untilMs === null || untilMs > nowMs) && isPowerful(document, role));

/**
 * Ends all that a service has, in one transaction: it is stopped and its tokens are refused, its assignments and the open requests about it
 * end, and the custodian revokes its certificates and gives it no others, whatever code was approved. Answers what the record adds.
 *
 * @param within - The request that asked for it; null for an act of one.
 */
export async function offboardService<Tx>(
  { services, revokeService, now }: Pick<ApiDeps<Tx>, "services" | "revokeService" | "now">,
  tx: Tx,
  { principal, service }: Pick<ServiceRow, "principal" | "service">,
  within: string | null,
): Promise<Detail> {
  const atMs = now();
  const requests = await services.withdrawAbout(tx, { principal, service, but: within, atMs });
  const assignments = await services.leave(tx, principal, atMs);
  // Before the commit: where the custodian can't revoke it, nothing is done at all.
  await revokeService(service);
  return { service, assignments, requests };
}
