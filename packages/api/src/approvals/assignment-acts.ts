import { AssignmentPlace, IsoTime, PersonId, PrincipalId, RoleName } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { type Assignment, isPowerful } from "@sallyport/policy";
import { z } from "zod";
import { endable, isAdministrators, mayEnd } from "../assignments/ending.ts";
import { placeWords } from "../assignments/place-words.ts";
import { refusedAssignee, refusedPlace, refusedRole } from "../assignments/refused.ts";
import { assignmentDetail, wantedAt } from "../assignments/wanted.ts";
import { ADMINISTRATOR_ROLE, isNeeded } from "../people/administrators.ts";
import type { ApiDeps } from "../ports.ts";
import type { ApprovalAct } from "./act.ts";
import type { Effect } from "./effect.ts";

const DAY_MS = 24 * 3_600_000;
const RIGHTS = { ask: { action: "assignment.change", resource: "principal" }, approve: { action: "person.approve", resource: "principal" } } as const;
const GONE: Effect = { about: "-", lines: [], refused: "policy.denied" };

/** The person is in it where there is one: who it is about doesn't decide on it (docs/spec/approval-v1.md §1). */
const Whom = z.union([z.strictObject({ principal: PrincipalId, personId: PersonId }), z.strictObject({ principal: PrincipalId })]);
const at = { role: RoleName, ...AssignmentPlace.shape };
const withWhom = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.union([z.strictObject({ ...shape, principal: PrincipalId, personId: PersonId }), z.strictObject({ ...shape, principal: PrincipalId })]);

/** `from` is `at once`, and `until` is `no end`, where none was asked for. */
const Assigned = withWhom({ ...at, from: z.union([z.literal("at once"), IsoTime]), until: z.union([z.literal("no end"), IsoTime]) });
const Ended = withWhom({ ...at, from: IsoTime });
export type AssignedPayload = z.output<typeof Assigned>;
export type EndedPayload = z.output<typeof Ended>;

const personOf = (payload: z.output<typeof Whom>): string | null => ("personId" in payload ? payload.personId : null);

const asAsked = ({ role, study, site, from, until }: AssignedPayload, nowMs: number): Assignment =>
  wantedAt({ role, study, site, from: from === "at once" ? undefined : from, until: until === "no end" ? undefined : until }, nowMs);

const hasBegun = ({ from }: AssignedPayload, nowMs: number): boolean => from !== "at once" && Date.parse(from) < nowMs - 60_000;

/** Assigns a powerful role: one that administers, says the second word, or rotates keys. */
export const assignAct = <Tx>(deps: ApiDeps<Tx>): ApprovalAct<Tx, AssignedPayload> => ({
  kind: "role.assign",
  ...RIGHTS,
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: null,
  onlyBy: null,
  payload: Assigned,
  concerns: personOf,
  async effect(tx, _grant, payload, asker) {
    // The administrators first, always, as acts on people do: so no two of them wait for each other.
    await deps.people.people.lockHolders(tx, ADMINISTRATOR_ROLE, deps.now());
    const assignee = await deps.assignments.lock(tx, payload.principal);
    if (assignee === null) return GONE;
    const { role, study, site, from, until } = payload;
    const { compiled } = deps.policy.current();
    const may = compiled.document.grants.filter((grant) => grant.role === role).map(({ action, resource }) => `${action} ${resource}`);
    return {
      about: assignee.label,
      lines: [
        { what: `${role} ${placeWords(study, site)}`, before: null, after: `held by ${assignee.label}` },
        { what: "begins", before: null, after: from },
        { what: "ends", before: null, after: until },
        { what: `${role} may`, before: null, after: may.join(", ") },
      ],
      refused:
        refusedAssignee(assignee, asker) ??
        (await refusedPlace(deps, study, site)) ??
        refusedRole(deps, asker.principal, role) ??
        // What one person may do needs no two, and an approval of it would look like one of more.
        (isPowerful(compiled.document, role) ? null : "input.invalid") ??
        (hasBegun(payload, deps.now()) ? "approval.changed" : null),
    };
  },
  async perform(tx, payload) {
    const assignment = asAsked(payload, deps.now());
    if (!(await deps.assignments.assign(tx, payload.principal, assignment))) throw new SallyportError("assignment.state");
    return { principal: payload.principal, ...assignmentDetail(assignment) };
  },
});

/** Ends an administrator's role. Two active administrators remain. */
export const endAssignmentAct = <Tx>(deps: ApiDeps<Tx>): ApprovalAct<Tx, EndedPayload> => ({
  kind: "role.end",
  ...RIGHTS,
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: null,
  onlyBy: null,
  payload: Ended,
  concerns: personOf,
  async effect(tx, _grant, payload, asker) {
    const nowMs = deps.now();
    const administrators = await deps.people.people.lockHolders(tx, ADMINISTRATOR_ROLE, nowMs);
    const assignee = await deps.assignments.lock(tx, payload.principal);
    if (assignee === null) return GONE;
    const { role, study, site, from } = payload;
    const standing = endable(assignee, { role, study, site, fromMs: Date.parse(from) }, nowMs);
    const others = assignee.assignments.filter((each) => each !== standing && isAdministrators(assignee, each, nowMs));
    const falls = standing !== null && isAdministrators(assignee, standing, nowMs) && others.length === 0 && isNeeded(administrators, assignee.person);
    return {
      about: assignee.label,
      lines: [{ what: `${role} ${placeWords(study, site)}, since ${from}`, before: `held by ${assignee.label}`, after: "ended" }],
      refused: standing === null ? "assignment.state" : falls ? "people.floor" : mayEnd(deps, asker.principal, role) ? null : "policy.denied",
    };
  },
  async perform(tx, payload) {
    const { principal, role, study, site, from } = payload;
    const atMs = deps.now();
    if (!(await deps.assignments.end(tx, principal, { role, study, site, fromMs: Date.parse(from) }, atMs))) throw new SallyportError("assignment.state");
    return { principal, role, at: `${study}/${site}`, from, until: new Date(atMs).toISOString() };
  },
});
