import { AssignmentOptionsInput, AssignmentOptionsOutput } from "@sallyport/contracts";
import { isPowerful } from "@sallyport/policy";
import { refusedRole } from "../../assignments/refused.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";

/** The roles of the policy in force, with what the caller may do about each. */
export const assignmentOptions = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "principal.read",
      resource: "principal",
      input: AssignmentOptionsInput,
      output: AssignmentOptionsOutput,
      locate: () => Promise.resolve({ place: { kind: "deployment" }, found: null }),
    },
    ({ grant, may, trace }) => {
      const { compiled, tag } = deps.policy.current();
      const { document } = compiled;
      const mayChange = may({ action: "assignment.change", resource: "principal" }, { kind: "deployment" });
      trace.note({ shown: document.roles.length });
      return Promise.resolve({
        policy: tag,
        roles: document.roles.map(({ name, description, assignableBy }) => ({
          role: name,
          description,
          assignableBy: [...assignableBy],
          mayAssign: mayChange && refusedRole(deps, grant.principal, name) === null,
          needsApproval: isPowerful(document, name),
          grants: document.grants.filter(({ role }) => role === name).map(({ action, resource }) => `${action} ${resource}`),
        })),
      });
    },
  );
