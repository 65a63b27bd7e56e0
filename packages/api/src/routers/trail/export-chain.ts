import { packPage } from "@sallyport/audit";
import { OpenExportInput, OpenExportOutput, ReadCheckpointsInput, ReadCheckpointsOutput, ReadExportInput, ReadExportOutput } from "@sallyport/contracts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateChain } from "./chain-place.ts";

/** Frames an export of one chain, or of one closed generation of it: a fresh checkpoint, and the custodian's signed statement of what the bundle holds. */
export const openExport = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "trail.export",
      resource: "trail",
      input: OpenExportInput,
      output: OpenExportOutput,
      whenFrozen: "serve",
      locate: locateChain(deps),
    },
    async ({ input: { chain, generation }, grant, trace }) => {
      const opened = await deps.archive.openExport(grant, chain, generation);
      if (generation !== undefined) trace.note({ generation });
      trace.note({ records: opened.generations.reduce((sum, { size }) => sum + size, 0) });
      return {
        chain,
        ...opened,
        handovers: [...opened.handovers],
        generations: [...opened.generations],
        names: { ...opened.names },
      };
    },
  );

/** One page of an export's records, each with the custodian's signature over its leaf. */
export const readExport = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "trail.export",
      resource: "trail",
      input: ReadExportInput,
      output: ReadExportOutput,
      whenFrozen: "serve",
      locate: locateChain(deps),
    },
    async ({ input, grant, trace }) => {
      const page = await deps.archive.readExport(grant, input);
      trace.note({ generation: input.generation, from: input.from, lines: page.ends.length });
      return packPage(page);
    },
  );

/** One page of a generation's checkpoints, for an export of it. */
export const readCheckpoints = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "trail.export",
      resource: "trail",
      input: ReadCheckpointsInput,
      output: ReadCheckpointsOutput,
      whenFrozen: "serve",
      locate: locateChain(deps),
    },
    async ({ input, grant, trace }) => {
      const checkpoints = (await deps.archive.readCheckpoints(grant, input)).map(({ size, note }) => ({ size, note }));
      trace.note({ generation: input.generation, checkpoints: checkpoints.length });
      return { checkpoints };
    },
  );
