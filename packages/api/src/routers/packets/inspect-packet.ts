import { InspectPacketInput, InspectPacketOutput } from "@sallyport/contracts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { inspectDocuments } from "../documents/inspected-documents.ts";
import { isNothingNew } from "../documents/release-documents.ts";
import { inspect } from "./inspection.ts";
import { locatePacket } from "./packet-place.ts";
import { packetSummary } from "./packet-summary.ts";
import { takeInHand } from "./prepare-release.ts";

const RELEASE = { action: "packet.release", resource: "packet" } as const;

/**
 * Shows what is in a packet in quarantine, and what releasing it would do now: for who may release it, and so never for who brought it in.
 * Values are shown as far as the grant reads them, from the packet alone; of what is stored, only the names of variables that differ.
 */
export const inspectPacket = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "packet.inspect",
      resource: "packet",
      input: InspectPacketInput,
      output: InspectPacketOutput,
      locate: async ({ packetId }, trace) => ({ ...(await locatePacket(deps, packetId, trace)), also: RELEASE }),
    },
    async ({ input, grant, trace, may }) => {
      const inHand = await takeInHand(deps, grant, input.packetId);
      const study = inHand.study.id;
      const mayKnow = (site: string): boolean => may({ action: "study.read", resource: "study" }, { kind: "one", site: { study, site } });
      const { files, release } = await inspect(deps, grant, inHand, mayKnow);
      const documents = await inspectDocuments(deps, grant, inHand);
      const { created, updated, unchanged } = release.records;
      const refused = release.refused || documents.refused;
      trace.note({ created, updated, unchanged, differences: release.differences.length, refused: refused ? "would be" : "no" });
      if (documents.shown.length > 0) trace.note({ documents: documents.shown.length });
      return {
        packet: packetSummary(inHand.packet, { person: grant.person, names: await deps.names() }),
        files,
        documents: [...documents.shown],
        release: { ...release, documents: documents.counts, equal: release.equal && isNothingNew(documents.counts), refused },
      };
    },
  );
