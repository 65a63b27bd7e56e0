import type { Need } from "@sallyport/contracts";
import type { LivePrincipal } from "@sallyport/policy";
import type { Crossing } from "../../boundary/procedure.ts";
import { decidableKinds } from "../../approvals/decidable.ts";
import { approvalActs } from "../../approvals/registry.ts";
import { isAdministrator } from "../../people/administrators.ts";
import type { ApiDeps, ChainStatus } from "../../ports.ts";
import { locateSites } from "../site-place.ts";

/** With fewer, the loss of one person's authenticators leaves nobody to approve the recovery by two others. */
const ADMINISTRATORS_WANTED = 3;

const isActiveAdministrator = ({ kind, status, assignments }: LivePrincipal, nowMs: number): boolean =>
  kind === "person" && status === "active" && isAdministrator(assignments, nowMs);

/** How many requests the caller may decide now. */
async function approvalsWaiting<Tx>(deps: ApiDeps<Tx>, { grant, reach, may }: Pick<Crossing<unknown, unknown>, "grant" | "reach" | "may">): Promise<number> {
  const { place } = await locateSites(deps, {});
  const reading = reach({ action: "approval.read", resource: "approval" }, place);
  if (reading === null) return 0;
  const decidable = decidableKinds(approvalActs(deps), reading.sites, may);
  const { waiting } = await deps.approvals.list(reading, { show: "open", person: grant.person, decidable, nowMs: deps.now(), limit: 1 });
  return waiting;
}

/** How many packets in quarantine the caller may decide on now: none of those that they brought in themselves. */
async function packetsWaiting<Tx>(deps: ApiDeps<Tx>, { reach }: Pick<Crossing<unknown, unknown>, "reach">): Promise<number> {
  const { place } = await locateSites(deps, {});
  const releasing = reach({ action: "packet.release", resource: "packet" }, place);
  return releasing === null ? 0 : await deps.packets.waiting(releasing);
}

/** What waits for the caller, of what their rights let them see. */
export async function needsOf<Tx>(deps: ApiDeps<Tx>, { grant, reach, may, session }: Crossing<unknown, unknown>, chains: readonly ChainStatus[] | null): Promise<readonly Need[]> {
  const needs: Need[] = [];
  const broken = chains?.filter((chain) => chain.broken !== null) ?? [];
  if (broken.length > 0) needs.push({ kind: "broken", text: broken.length === 1 ? "A chain is broken." : "Chains are broken.", count: broken.length, href: "/crossings" });
  if (chains !== null && deps.isFrozen()) {
    needs.push({ kind: "locked", text: "The trail is under an incident: only verifying and exporting go on.", count: chains.length, href: "/crossings" });
  }
  if (reach({ action: "principal.read", resource: "principal" }, { kind: "deployment" }) !== null) {
    const nowMs = deps.now();
    const count = [...deps.policy.current().principals.values()].filter((principal) => isActiveAdministrator(principal, nowMs)).length;
    if (count < ADMINISTRATORS_WANTED) {
      needs.push({ kind: "few_administrators", text: "Fewer than three administrators: one who loses their authenticators can't be recovered.", count, href: "/people" });
    }
  }
  if (reach({ action: "lock.read", resource: "lock" }, { kind: "deployment" }) !== null) {
    const count = deps.policy.current().locks.length;
    if (count > 0) needs.push({ kind: "lock", text: count === 1 ? "A lock is in force." : "Locks are in force.", count, href: "/locks" });
  }
  const waiting = await approvalsWaiting(deps, { grant, reach, may });
  if (waiting > 0)
    needs.push({ kind: "approval", text: waiting === 1 ? "A request waits for your decision." : "Requests wait for your decision.", count: waiting, href: "/approvals" });
  const packets = await packetsWaiting(deps, { reach });
  if (packets > 0) needs.push({ kind: "packet", text: packets === 1 ? "A packet waits for its release." : "Packets wait for their release.", count: packets, href: "/packets" });
  if (session !== null && (await deps.people.people.authenticators(session.person)).length === 1) {
    needs.push({ kind: "one_authenticator", text: "You sign in by one authenticator only: without it, two others have to agree to your recovery.", count: 1, href: "/me" });
  }
  return needs;
}
