import { AssignmentPlace, IsoTime, PrincipalId, RoleName } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Assignment } from "@sallyport/policy";
import { z } from "zod";
import { placeWords } from "../assignments/place-words.ts";
import { refusedPlace, refusedRole } from "../assignments/refused.ts";
import { assignmentDetail, wantedAt } from "../assignments/wanted.ts";
import { ADMINISTRATOR_ROLE } from "../people/administrators.ts";
import type { ApiDeps } from "../ports.ts";
import type { ApprovalAct } from "./act.ts";

const DAY_MS = 24 * 3_600_000;
/** How long access that somebody asked for themselves lasts at most. */
const ACCESS_DAYS_MAX = 90;

const Wanted = z.strictObject({ principal: PrincipalId, role: RoleName, ...AssignmentPlace.shape, until: IsoTime });
export type AccessPayload = z.output<typeof Wanted>;

const asked = ({ role, study, site, until }: AccessPayload, nowMs: number): Assignment => wantedAt({ role, study, site, until }, nowMs);

/** Refuses a time that is over, or too long. Throws `input.invalid`. */
export function assertAccessTime(until: string, nowMs: number): void {
  const untilMs = Date.parse(until);
  if (untilMs <= nowMs || untilMs > nowMs + ACCESS_DAYS_MAX * DAY_MS) throw new SallyportError("input.invalid", { where: ["until: over, or more than ninety days from now"] });
}

/** A role at a place for a time, asked for by the one who needs it. Whoever approves has to be one who may assign it. */
export const accessAct = <Tx>(deps: ApiDeps<Tx>): ApprovalAct<Tx, AccessPayload> => ({
  kind: "access.request",
  ask: { action: "access.change", resource: "access" },
  comesTo: "assignment.change",
  isAskedAnywhere: true,
  approve: { action: "person.approve", resource: "principal" },
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: null,
  onlyBy: null,
  payload: Wanted,
  // It is about who asks, who is kept from deciding as such.
  concerns: () => null,
  async effect(tx, _grant, payload, asker) {
    await deps.people.people.lockHolders(tx, ADMINISTRATOR_ROLE, deps.now());
    const assignee = await deps.assignments.lock(tx, payload.principal);
    const { role, study, site, until } = payload;
    const { compiled } = deps.policy.current();
    if (assignee === null || assignee.id !== asker.principal) return { about: "-", lines: [], refused: "policy.denied" };
    return {
      about: assignee.label,
      lines: [
        { what: `${role} ${placeWords(study, site)}`, before: null, after: `held by ${assignee.label}` },
        { what: "ends", before: null, after: until },
      ],
      // Whether there is such a place isn't said to who asks: they may know nothing of it. Whoever approves finds out.
      refused: !compiled.knowsRole(role) || (study === "*" && site !== "*") ? "input.invalid" : Date.parse(until) <= deps.now() ? "approval.changed" : null,
    };
  },
  async perform(tx, payload, { approvedBy }) {
    const refused = (await refusedPlace(deps, payload.study, payload.site)) ?? refusedRole(deps, approvedBy, payload.role);
    if (refused !== null) throw new SallyportError(refused);
    const assignment = asked(payload, deps.now());
    if (!(await deps.assignments.assign(tx, payload.principal, assignment))) throw new SallyportError("assignment.state");
    return { principal: payload.principal, before: "none", ...assignmentDetail(assignment) };
  },
});
