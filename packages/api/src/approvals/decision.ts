import { SallyportError } from "@sallyport/errors";
import { type ApprovalRow, assertMayVote, decide, type Grant, type Place, siteFilter, type SiteRef, TokenScope } from "@sallyport/policy";
import { assertNotStopped, stoppedBy } from "../boundary/quarantine.ts";
import type { ApiDeps } from "../ports.ts";
import { effectText } from "./effect.ts";
import type { AnyAct } from "./registry.ts";

/** The sites that are concerned: of what is the whole study's, all those that this crossing was decided for; none of what is the deployment's. */
function sitesOf<Tx>({ isStudyWide }: AnyAct<Tx>, { site }: ApprovalRow, grant: Grant): readonly SiteRef[] {
  if (site === null) return [];
  return isStudyWide === true ? grant.sites : [site];
}

/** Where what is asked for belongs, as this crossing was decided. */
export function placeFor<Tx>(act: AnyAct<Tx>, row: ApprovalRow, grant: Grant): Place {
  const sites = sitesOf(act, row, grant);
  return sites.length === 0 ? { kind: "deployment" } : { kind: "each", sites };
}

/** What an incident stops when it is asked for is stopped when it is approved too: deciding is an act of its own. */
function assertNotUnderIncident<Tx>(deps: ApiDeps<Tx>, { ask, comesTo, kind }: AnyAct<Tx>, sites: readonly SiteRef[]): void {
  if (deps.isFrozen() && kind !== "incident.release") throw new SallyportError("trail.frozen");
  assertNotStopped(stoppedBy(deps.incidentOf, comesTo ?? ask.action, sites));
}

/** Whether who asked may still ask: a request doesn't outlive the right that it was made with. How they had signed in is what it was then. */
function askerStillMay<Tx>(deps: ApiDeps<Tx>, { ask, isAskedAnywhere }: AnyAct<Tx>, row: ApprovalRow, place: Place): boolean {
  const { compiled, principals } = deps.policy.current();
  const principal = principals.get(row.requestedBy);
  if (principal === undefined) return false;
  const question = { principal, scope: new TokenScope([ask.action]), ...ask, nowMs: deps.now(), signedInBy: "passkey" };
  if (isAskedAnywhere === true) return siteFilter(compiled, question).effect === "allow";
  return decide(compiled, { ...question, place }).effect === "allow";
}

/**
 * Refuses a vote that may not be cast on this request, or whose person was shown another statement.
 *
 * @throws SallyportError `policy.separation`, `approval.state`, `approval.changed`.
 */
export function assertVote<Tx>(deps: ApiDeps<Tx>, row: ApprovalRow, vote: { readonly person: string; readonly digest: string }): void {
  assertMayVote(row, vote.person, deps.now());
  if (row.digest !== vote.digest) throw new SallyportError("approval.changed");
}

/**
 * Refuses to approve what would do something else by now than what was shown. What the effect rests on stays locked until the
 * transaction ends.
 *
 * @throws SallyportError `trail.quarantined`, `trail.frozen`, `approval.changed`, or why it can't be done at all, such as `people.floor`.
 */
export async function assertEffect<Tx>(deps: ApiDeps<Tx>, tx: Tx, grant: Grant, act: AnyAct<Tx>, row: ApprovalRow): Promise<void> {
  assertNotUnderIncident(deps, act, sitesOf(act, row, grant));
  if (!askerStillMay(deps, act, row, placeFor(act, row, grant))) throw new SallyportError("approval.changed");
  const asker = { principal: row.requestedBy, person: row.requestedByPerson, printedName: row.requestedByName };
  const { lines, refused } = await act.effect(tx, grant, act.payloadOf(row), asker);
  if (effectText(lines) !== row.effect) throw new SallyportError("approval.changed");
  if (refused !== null) throw new SallyportError(refused);
}

/**
 * Refuses an approval by a passkey that the custodian took in upon the api's word: it counts for nothing where the custodian acts by itself, as its
 * note (docs/spec/approval-v1.md §3) says. @throws `approval.passkey`.
 */
export function assertProven(note: string | null): void {
  if (note === null || !/^[a-z]+ proven$/m.test(note)) throw new SallyportError("approval.passkey");
}

/** The digest by which the custodian knows that this was approved: it verified every approval of it. Null where one is the server's word alone. */
export const verifiedDigest = ({
  digest,
  votes,
}: {
  readonly digest: string;
  readonly votes: readonly { readonly proof: ApprovalRow["votes"][number]["proof"] }[];
}): string | null => (votes.every(({ proof }) => proof === "passkey") ? digest : null);
