import { MyAccessInput, MyAccessOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSites } from "../site-place.ts";
import { assignmentSummary } from "./assignment-summary.ts";

/** What the caller may do now, and where. */
export const myAccess = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "access.read", resource: "access", input: MyAccessInput, output: MyAccessOutput, whenFrozen: "serve", locate: () => locateSites(deps, {}) },
    ({ grant }) => {
      const { principals, compiled, tag } = deps.policy.current();
      const me = principals.get(grant.principal);
      if (me === undefined) throw new SallyportError("policy.denied");
      const roles = new Set(me.assignments.map(({ role }) => role));
      return Promise.resolve({
        principal: me.id,
        workload: grant.workload,
        kind: me.kind,
        policy: tag,
        assignments: me.assignments.map(assignmentSummary),
        grants: compiled.document.grants.filter(({ role }) => roles.has(role)).map(({ role, action, resource, id }) => ({ role, action, resource, rule: id })),
      });
    },
  );
