import { ListPeopleInput, ListPeopleOutput } from "@sallyport/contracts";
import type { Boundary } from "../../boundary/procedure.ts";
import { isAdministrator } from "../../people/administrators.ts";
import type { ApiDeps } from "../../ports.ts";
import { assignmentSummary } from "../administration/assignment-summary.ts";

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
        people: people.map(({ id, principal, username, printedName, status, assignments, passkeys, hasPassword, sessions, isLocked, lastSeenMs, identity }, at) => ({
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
          isLocked,
          sessions,
          lastSeenAt: lastSeenMs === null ? null : new Date(lastSeenMs).toISOString(),
          identity: identity === null ? null : { how: identity.how, checkedAt: new Date(identity.atMs).toISOString() },
        })),
      };
    },
  );
