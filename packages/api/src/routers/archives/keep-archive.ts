import { type ExportStatement, isManifestOf, openNote, parseStatement } from "@sallyport/audit";
import { KeepArchiveInput, KeepArchiveOutput } from "@sallyport/contracts";
import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { endedAt } from "../../archives/standing.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { EndedGeneration } from "../../archives/ended-generation.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateChain } from "../trail/chain-place.ts";

/**
 * Puts on record that somebody wrote a bundle of a closed generation and verified it: what an archival can be asked for. What is looked at here is
 * that it says what the custodian signed; its records the custodian compares with its own, before it puts anything down.
 */
export const keepArchive = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "trail.export",
      resource: "trail",
      input: KeepArchiveInput,
      output: KeepArchiveOutput,
      locate: locateChain(deps),
    },
    {
      prepare: ({ input: { chain, generation, statement, manifest }, trace }) => {
        const said = stated(deps, statement);
        const closed = endedAt(deps, { chain, generation });
        if (closed.archived?.isGone === true) throw new SallyportError("archive.state");
        if (!isOf(said, closed) || !isManifestOf(manifest, statement, said)) throw new SallyportError("archive.unverified");
        const digest = sha256Hex(manifest);
        trace.note({ generation, digest });
        return Promise.resolve({ digest });
      },
      commit: async (tx, { input, grant }, { digest }) => {
        await deps.archives.keep(tx, { ...input, digest, principal: grant.principal, atMs: deps.now() });
        return { digest };
      },
    },
  );

/** @throws `archive.unverified` for what the deployment's key didn't sign. */
function stated<Tx>(deps: Pick<ApiDeps<Tx>, "signingKey">, note: string): ExportStatement {
  try {
    return parseStatement(openNote(note, deps.signingKey().behind));
  } catch (error) {
    throw new SallyportError("archive.unverified", {}, error);
  }
}

function isOf(said: ExportStatement, { chain, generation, size, root, head }: EndedGeneration): boolean {
  const [only] = said.generations;
  if (said.v !== 2 || said.scope !== "generation" || only === undefined) return false;
  return said.chain === chain && only.generation === generation && only.size === size && only.root === root && only.head === head;
}
