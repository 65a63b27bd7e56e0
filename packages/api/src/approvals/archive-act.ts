import { ChainName, Hex64 } from "@sallyport/contracts";
import { z } from "zod";
import { stateOf } from "../archives/standing.ts";
import type { ApiDeps } from "../ports.ts";
import type { ApprovalAct } from "./act.ts";

const DAY_MS = 24 * 3_600_000;
/** The custodian reads all of this (docs/spec/custody-v1.md, section 11). */
const Archived = z.strictObject({
  chain: ChainName,
  generation: z.string().regex(/^[1-9][0-9]{0,8}$/),
  size: z.string().regex(/^(?:0|[1-9][0-9]{0,15})$/),
  root: Hex64,
  head: Hex64,
  manifest: Hex64,
});
export type ArchivedPayload = z.output<typeof Archived>;

/**
 * Has the records of a closed generation removed, of which somebody wrote and verified a bundle. The custodian does it, upon the approval that it
 * verified and its requester's own passkey: so nothing is performed with the vote, and the requester carries it out.
 */
export const archiveAct = <Tx>(deps: Pick<ApiDeps<Tx>, "archives" | "ended" | "incidentOf" | "names" | "now">): ApprovalAct<Tx, ArchivedPayload> => ({
  kind: "trail.archive",
  ask: { action: "trail.archive", resource: "trail" },
  approve: { action: "person.approve", resource: "principal" },
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: DAY_MS,
  onlyBy: "proven_passkey",
  payload: Archived,
  concerns: () => null,
  async effect(_tx, _grant, payload) {
    const { chain, manifest } = payload;
    const generation = Number(payload.generation);
    const found = deps.ended().generations.find((each) => each.chain === chain && each.generation === generation);
    const bundle = (await deps.archives.bundles([chain])).find((each) => each.generation === generation && each.digest === manifest);
    const state = found === undefined ? null : stateOf(deps, found);
    const isSame = found !== undefined && `${found.size}` === payload.size && found.root === payload.root && found.head === payload.head;
    const verifiedBy = bundle === undefined ? "nobody" : ((await deps.names())[bundle.principal] ?? bundle.principal);
    return {
      about: `${chain}, generation ${generation}`,
      lines: [
        {
          what: `the ${payload.size} records of ${chain}, generation ${generation}`,
          before: "in the database, searchable",
          after: "in the archive alone: nobody finds, shows or proves them here",
        },
        { what: "the archive", before: `verified by ${verifiedBy}`, after: `known by the SHA-256 of its manifest.json, ${manifest}` },
      ],
      refused: refusalOf(state, isSame, bundle !== undefined),
    };
  },
  perform: null,
});

function refusalOf(
  state: ReturnType<typeof stateOf> | null,
  isSame: boolean,
  isVerified: boolean,
): "archive.state" | "archive.early" | "approval.changed" | "archive.unverified" | null {
  if (state === "early" || state === "waiting") return "archive.early";
  if (state !== "possible") return "archive.state";
  if (!isSame) return "approval.changed";
  return isVerified ? null : "archive.unverified";
}
