import { PreviewImportInput, PreviewImportOutput, RunImportInput, RunImportOutput } from "@sallyport/contracts";
import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { siteKey } from "@sallyport/policy";
import type { Located, Right } from "../../boundary/decide-crossing.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import { siteLines } from "../../imports/site-lines.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";

const RIGHT: Right = { action: "study.register", resource: "study" };
const inDeployment = (): Promise<Located<null>> => Promise.resolve({ place: { kind: "deployment" }, found: null });

/** What importing a file of sites would do now, or what is wrong with it. Nothing is done. */
export const previewSites = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ ...RIGHT, input: PreviewImportInput, output: PreviewImportOutput, locate: inDeployment }, async ({ input: { csv }, trace }) => {
    const { lines, faults } = await siteLines(deps, csv);
    trace.note({ preview: sha256Hex(csv), lines: lines.length, faults: faults.length });
    const effects = lines.map(({ line, study, site, name, country }) => ({ line, what: `${study}/${site}`, before: null, after: `${name} (${country}), registered` }));
    return { lines: lines.length, faults: [...faults], effects: faults.length > 0 ? [] : effects };
  });

/** Registers every site of a file, or none. */
export const importSites = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { ...RIGHT, input: RunImportInput, output: RunImportOutput, evidence: true, locate: inDeployment },
    {
      prepare: async ({ input, grant, trace }) => {
        const { lines, faults } = await siteLines(deps, input.csv);
        if (faults.length > 0) throw new SallyportError("import.invalid");
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        trace.note({ commitment: reason.commitment, file: sha256Hex(input.csv) });
        return { lines, reason };
      },
      commit: async (tx, { trace }, { lines, reason }) => {
        await deps.changes.insert(tx, reason);
        const studies = [...new Set(lines.map(({ study }) => study))].toSorted((a, b) => (a < b ? -1 : 1));
        for (const study of studies) {
          await deps.studies.lock(tx, study);
          const sites = lines.filter((each) => each.study === study).map(({ site: id, name, country }) => ({ id, name, country }));
          await deps.studies.addSites(tx, study, sites);
        }
        const opened = lines.map(({ study, site }) => ({ study, site }));
        for (const site of opened) await deps.openChain(tx, `site:${siteKey(site)}`);
        trace.opens(opened);
        trace.note({ lines: lines.length, studies: studies.length });
        return { lines: lines.length };
      },
    },
  );
