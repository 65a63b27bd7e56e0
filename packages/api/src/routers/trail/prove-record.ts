import { fingerprintOf, recordProofKey } from "@sallyport/audit";
import { ProveGrowthInput, ProveGrowthOutput, ProveRecordInput, ProveRecordOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { isArchived } from "../../archives/standing.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateChain } from "./chain-place.ts";

/** One record, with the proof that it is in a checkpoint which the custodian signed: it verifies without us. */
export const proveRecord = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "trail.export",
      resource: "trail",
      input: ProveRecordInput,
      output: ProveRecordOutput,
      whenFrozen: "serve",
      locate: locateChain(deps),
    },
    async ({ input, grant, trace }) => {
      trace.note({ generation: input.generation, seq: input.seq });
      const proven = await deps.archive.prove(grant, input);
      if (proven === null) throw new SallyportError(isArchived(deps, input) ? "trail.archived" : "policy.denied");
      return { ...proven, witnesses: [...proven.witnesses], fingerprint: fingerprintOf(recordProofKey(proven.proof).vkey) };
    },
  );

/** That a chain has only grown since an earlier checkpoint. */
export const proveGrowth = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "trail.export",
      resource: "trail",
      input: ProveGrowthInput,
      output: ProveGrowthOutput,
      whenFrozen: "serve",
      locate: locateChain(deps),
    },
    async ({ input, grant, trace }) => {
      trace.note({ generation: input.generation, from: input.from });
      const proven = await deps.archive.proveGrowth(grant, input);
      if (proven === null) throw new SallyportError(isArchived(deps, input) ? "trail.archived" : "policy.denied");
      return { ...proven, proof: [...proven.proof], handovers: [...proven.handovers], fingerprint: fingerprintOf(proven.vkey) };
    },
  );
