import { PreviewImportInput, PreviewImportOutput, RunImportInput, RunImportOutput } from "@sallyport/contracts";
import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Located, Right } from "../../boundary/decide-crossing.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import { assignmentEffect, assignmentLines } from "../../imports/assignment-lines.ts";
import { ADMINISTRATOR_ROLE } from "../../people/administrators.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";

const RIGHT: Right = { action: "assignment.change", resource: "principal" };
const inDeployment = (): Promise<Located<null>> => Promise.resolve({ place: { kind: "deployment" }, found: null });

/** What importing a file of assignments would do now, or what is wrong with it. Nothing is done. */
export const previewAssignments = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ ...RIGHT, input: PreviewImportInput, output: PreviewImportOutput, locate: inDeployment }, async ({ input: { csv }, grant, trace }) => {
    const { lines, faults } = await assignmentLines(deps, csv, grant);
    trace.note({ preview: sha256Hex(csv), lines: lines.length, faults: faults.length });
    return { lines: lines.length, faults: [...faults], effects: faults.length > 0 ? [] : lines.map(assignmentEffect) };
  });

/** Makes every assignment of a file, or none. What needs a second person isn't imported. */
export const importAssignments = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { ...RIGHT, input: RunImportInput, output: RunImportOutput, evidence: true, locate: inDeployment },
    {
      prepare: async ({ input, grant, trace }) => {
        const { lines, faults } = await assignmentLines(deps, input.csv, grant);
        if (faults.length > 0) throw new SallyportError("import.invalid");
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ commitment: reason.commitment, file: sha256Hex(input.csv) });
        return { lines, reason };
      },
      commit: async (tx, { trace }, { lines, reason }) => {
        await deps.people.people.lockHolders(tx, ADMINISTRATOR_ROLE, deps.now());
        await deps.changes.insert(tx, reason);
        // In one order, whatever the file's: two imports wait for each other, and never for each other's next line.
        for (const principal of [...new Set(lines.map((each) => each.principal))].toSorted((a, b) => (a < b ? -1 : 1))) await deps.assignments.lock(tx, principal);
        for (const { principal, assignment } of lines) {
          // Somebody else gave it meanwhile.
          if (!(await deps.assignments.assign(tx, principal, assignment))) throw new SallyportError("import.invalid");
        }
        trace.note({ lines: lines.length });
        return { lines: lines.length };
      },
    },
  );
