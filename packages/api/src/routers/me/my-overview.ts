import { MyOverviewInput, MyOverviewOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { authenticatorSummary, sessionSummary } from "../../people/summaries.ts";
import type { ApiDeps } from "../../ports.ts";
import { assignmentSummary } from "../administration/assignment-summary.ts";
import { locateOwn, ownSession } from "./own-place.ts";

/** Who I am here, by what I sign in, where I am signed in, and what I may do. */
export const myOverview = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "access.read", resource: "access", input: MyOverviewInput, output: MyOverviewOutput, whenFrozen: "serve", locate: () => locateOwn(deps) },
    async ({ grant, session }) => {
      const { id: thisOne } = ownSession(session);
      const { principals, compiled, tag } = deps.policy.current();
      const me = principals.get(grant.principal);
      const person = await deps.people.people.byId(grant.person);
      if (me === undefined || person === null) throw new SallyportError("policy.denied");
      const roles = new Set(me.assignments.map(({ role }) => role));
      const { people } = deps.people;
      const [authenticators, sessions, noticeAddress] = await Promise.all([
        people.authenticators(person.id),
        deps.people.sessions.of(person.id, deps.now()),
        people.noticeAddress(null, person.id),
      ]);
      return {
        personId: person.id,
        principal: me.id,
        username: person.username,
        printedName: person.printedName,
        policy: tag,
        maySign: person.status === "active",
        authenticators: authenticators.map(authenticatorSummary),
        sessions: sessions.map((each) => sessionSummary(each, thisOne)),
        assignments: me.assignments.map(assignmentSummary),
        grants: compiled.document.grants.filter(({ role }) => roles.has(role)).map(({ role, action, resource, id }) => ({ role, action, resource, rule: id })),
        noticeAddress,
        tellsPeople: deps.alerts.tellsPeople,
        idleSeconds: Math.round(deps.sessionLimits.idleMs / 1000),
      };
    },
  );
