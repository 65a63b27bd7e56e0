import type { Need } from "@sallyport/contracts";
import type { LivePrincipal } from "@sallyport/policy";
import type { Crossing } from "../../boundary/procedure.ts";
import { decidableKinds } from "../../approvals/decidable.ts";
import { approvalActs } from "../../approvals/registry.ts";
import { isOpen, whyNotReview } from "../../emergencies/emergency-summary.ts";
import { isAdministrator } from "../../people/administrators.ts";
import type { ApiDeps, ChainStatus } from "../../ports.ts";
import { REVIEW } from "../../trail-reviews/review-scope.ts";
import { locateSites } from "../site-place.ts";

/** With fewer, the loss of one person's authenticators leaves nobody to approve the recovery by two others. */
const ADMINISTRATORS_WANTED = 3;
const EMERGENCIES_LOOKED_AT = 200;
const REVIEWS_LOOKED_AT = 100;

const isActiveAdministrator = ({ kind, status, assignments }: LivePrincipal, nowMs: number): boolean =>
  kind === "person" && status === "active" && isAdministrator(assignments, nowMs);

/** How many requests the caller may decide now. */
async function approvalsWaiting<Tx>(deps: ApiDeps<Tx>, { grant, reach, may }: Pick<Crossing<unknown, unknown>, "grant" | "reach" | "may">): Promise<number> {
  const { place } = await locateSites(deps, {});
  const reading = reach({ action: "approval.read", resource: "approval" }, place);
  if (reading === null) return 0;
  const decidable = await decidableKinds(deps, approvalActs(deps), reading.sites, may);
  const { waiting } = await deps.approvals.list(reading, { show: "open", person: grant.person, decidable, nowMs: deps.now(), limit: 1 });
  return waiting;
}

/** How many packets in quarantine the caller may decide on now: none of those that they brought in themselves. */
async function packetsWaiting<Tx>(deps: ApiDeps<Tx>, { reach }: Pick<Crossing<unknown, unknown>, "reach">): Promise<number> {
  const { place } = await locateSites(deps, {});
  const releasing = reach({ action: "packet.release", resource: "packet" }, place);
  return releasing === null ? 0 : await deps.packets.waiting(releasing);
}

/** Emergencies that concern the caller: open at a site whose subjects they see, or waiting for their review. */
async function emergencyNeeds<Tx>(deps: ApiDeps<Tx>, { grant, reach }: Pick<Crossing<unknown, unknown>, "grant" | "reach">): Promise<readonly Need[]> {
  const { place } = await locateSites(deps, {});
  const reviewing = reach({ action: "emergency.review", resource: "subject" }, place);
  const seeing = reviewing ?? reach({ action: "subject.list", resource: "subject" }, place);
  if (seeing === null) return [];
  const nowMs = deps.now();
  const rows = await deps.emergencies.at(seeing.sites, EMERGENCIES_LOOKED_AT);
  const open = rows.filter((row) => isOpen(row, nowMs)).length;
  const waiting = reviewing === null ? 0 : rows.filter((row) => whyNotReview(row, grant.person, nowMs) === null).length;
  const needs: Need[] = [];
  const href = reviewing === null ? "/subjects" : "/reviews";
  if (open > 0) needs.push({ kind: "emergency", text: open === 1 ? "A subject is open in an emergency." : "Subjects are open in emergencies.", count: open, href });
  if (waiting > 0)
    needs.push({
      kind: "emergency_review",
      text: waiting === 1 ? "The use of an emergency access waits for your review." : "Uses of emergency access wait for your review.",
      count: waiting,
      href: "/reviews",
    });
  return needs;
}

/** Lines of open reviews that the caller may decide. */
async function reviewNeed<Tx>(deps: ApiDeps<Tx>, { grant, session, may }: Pick<Crossing<unknown, unknown>, "grant" | "session" | "may">): Promise<readonly Need[]> {
  if (session === null || !may({ action: "access.review", resource: "access" }, { kind: "deployment" })) return [];
  const nowMs = deps.now();
  const open = (await deps.accessReviews.list(REVIEWS_LOOKED_AT)).filter(({ signed }) => signed === null);
  const tallies = await deps.accessReviews.tallies(
    open.map(({ id }) => id),
    grant.person,
  );
  const mine = ({ id }: { readonly id: string }): number => tallies.get(id)?.ofOthers ?? 0;
  const count = open.reduce((sum, row) => sum + mine(row), 0);
  if (count === 0) return [];
  const text = open.some((row) => row.dueAtMs <= nowMs && mine(row) > 0) ? "A review of access is overdue." : "A review of access waits for your decisions.";
  return [{ kind: "access_review", text, count, href: "/reviews" }];
}

/** Reviews of the trail that the caller is to go on with: as their reviewer, and those they opened that are overdue or nobody's. */
async function trailReviewNeed<Tx>(deps: ApiDeps<Tx>, { grant, session, reach }: Pick<Crossing<unknown, unknown>, "grant" | "session" | "reach">): Promise<readonly Need[]> {
  const { place } = await locateSites(deps, {});
  const grants = [...new Set([reach(REVIEW, place), reach(REVIEW, { kind: "deployment" })])].filter((each) => each !== null);
  if (session === null || grants.length === 0) return [];
  const nowMs = deps.now();
  const open = (await deps.trailReviews.list(grants, REVIEWS_LOOKED_AT)).filter(({ signed }) => signed === null);
  const isOverdue = ({ dueAtMs }: { readonly dueAtMs: number }): boolean => dueAtMs <= nowMs;
  const mine = open.filter((row) => row.reviewer?.person === grant.person || (row.openedBy === grant.person && (row.reviewer === null || isOverdue(row))));
  if (mine.length === 0) return [];
  const text = mine.some(isOverdue)
    ? "A review of the trail is overdue."
    : mine.some(({ reviewer }) => reviewer?.person === grant.person)
      ? "A review of the trail waits for you."
      : "A review of the trail that you opened has no reviewer.";
  return [{ kind: "trail_review", text, count: mine.length, href: "/reviews" }];
}

/** Receivers of alerts that the last try didn't reach. */
async function alertNeed<Tx>(deps: ApiDeps<Tx>, { reach }: Pick<Crossing<unknown, unknown>, "reach">): Promise<readonly Need[]> {
  const grant = reach({ action: "trail.read", resource: "trail" }, { kind: "deployment" });
  const names = deps.alerts.routes().map(({ name }) => name);
  if (grant === null || names.length === 0) return [];
  const { standings } = await deps.alerts.list([grant], { about: null, limit: 1 });
  const failing = standings.filter(({ route, failure }) => failure !== null && names.includes(route)).map(({ route }) => route);
  if (failing.length === 0) return [];
  return [{ kind: "alerts", text: `Alerts don't reach ${failing.join(", ")}.`, count: failing.length, href: "/incidents" }];
}

/** What lies in the outbox and waits for somebody like the caller: in doubt, or tried in vain. */
async function outboxNeed<Tx>(deps: ApiDeps<Tx>, { reach }: Pick<Crossing<unknown, unknown>, "reach">): Promise<readonly Need[]> {
  const grant = reach({ action: "outbox.reconcile", resource: "outbox" }, { kind: "deployment" });
  if (grant === null) return [];
  const { counts, waiting } = await deps.outbox.list(grant, { state: null, limit: 0 });
  const doubted = counts["in-doubt"];
  if (doubted + waiting === 0) return [];
  const text = doubted > 0 ? "It isn't known whether what was sent has arrived: the outbox has items in doubt." : "What was tried in vain waits in the outbox for somebody.";
  return [{ kind: "outbox", text, count: doubted + waiting, href: "/outbox" }];
}

/** What waits for the caller, of what their rights let them see. */
export async function needsOf<Tx>(deps: ApiDeps<Tx>, { grant, reach, may, session }: Crossing<unknown, unknown>, chains: readonly ChainStatus[] | null): Promise<readonly Need[]> {
  const needs: Need[] = [];
  const broken = chains?.filter((chain) => chain.broken !== null) ?? [];
  if (broken.length > 0) needs.push({ kind: "broken", text: broken.length === 1 ? "A chain is broken." : "Chains are broken.", count: broken.length, href: "/incidents" });
  const refusing = new Set(chains?.flatMap(({ anchors }) => anchors.filter(({ failure }) => failure === "anchor.refused").map(({ name }) => name)));
  if (refusing.size > 0)
    needs.push({ kind: "anchors", text: `${[...refusing].join(", ")} refuses the trail: it knows of another history.`, count: refusing.size, href: "/incidents" });
  if (chains !== null && deps.isFrozen()) {
    needs.push({ kind: "locked", text: "The database is not what was signed last: only looking goes on.", count: chains.length, href: "/incidents" });
  }
  needs.push(
    ...(await alertNeed(deps, { reach })),
    ...(await emergencyNeeds(deps, { grant, reach })),
    ...(await reviewNeed(deps, { grant, session, may })),
    ...(await trailReviewNeed(deps, { grant, session, reach })),
    ...(await outboxNeed(deps, { reach })),
  );
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
