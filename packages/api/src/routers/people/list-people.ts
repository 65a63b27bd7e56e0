import { ListPeopleInput, ListPeopleOutput } from "@sallyport/contracts";
import type { Assignment } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import { FOUNDING_ROLE } from "../../people/enrolment.ts";
import type { ApiDeps } from "../../ports.ts";
import { assignmentSummary } from "../administration/assignment-summary.ts";

/** Whether these make an administrator of the whole deployment, now. */
const isAdministrator = (assignments: readonly Assignment[], nowMs: number): boolean =>
  assignments.some(({ role, study, site, fromMs, untilMs }) => role === FOUNDING_ROLE && study === "*" && site === "*" && fromMs <= nowMs && (untilMs === null || nowMs < untilMs));

/** Everybody, with where they stand. */
export const listPeople = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "principal.read",
      resource: "principal",
      input: ListPeopleInput,
      output: ListPeopleOutput,
      locate: () => Promise.resolve({ place: { kind: "deployment" }, found: null }),
    },
    async ({ trace }) => {
      const nowMs = deps.now();
      const people = await deps.people.people.list(nowMs);
      const names = await Promise.all(people.map(({ username }) => deps.peopleKey.nameOf(username)));
      const locked = await deps.people.attempts.locked(names, nowMs);
      trace.note({ shown: people.length });
      return {
        people: people.map(({ id, principal, username, printedName, status, assignments, passkeys, hasPassword, sessions, lastSeenMs }, at) => ({
          personId: id,
          principal,
          username,
          printedName,
          status,
          isAdministrator: isAdministrator(assignments, nowMs),
          assignments: assignments.map(assignmentSummary),
          passkeys,
          hasPassword,
          locked: locked.filter(({ name }) => name === names[at]).map(({ method, untilMs }) => ({ method, until: new Date(untilMs).toISOString() })),
          sessions,
          lastSeenAt: lastSeenMs === null ? null : new Date(lastSeenMs).toISOString(),
        })),
      };
    },
  );
