import { WatchSealingEvent, WatchSealingInput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { readPacketManifest } from "@sallyport/submission";
import type { Boundary } from "../../boundary/procedure.ts";
import { pause } from "../../crossings/pause.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSubmission } from "../../submissions/submission-place.ts";
import { READ } from "./read-submissions.ts";

const LOOK_EVERY_MS = 1000;

/** Tells how far the sealing of a packet is, until it is sealed: a long one takes minutes, and looking on is one crossing. */
export const watchSealing = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.watch(
    { ...READ, input: WatchSealingInput, output: WatchSealingEvent, locate: ({ packetId }, trace) => locateSubmission(deps, packetId, trace) },
    async function* ({ input: { packetId }, grant }, signal) {
      const packet = await deps.read((tx) => deps.submissions.packet(tx, grant, packetId));
      const manifest = packet === null ? null : readPacketManifest(packet.manifest);
      if (manifest === null) throw new SallyportError("policy.denied");
      const of = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
      let told: number | null | undefined;
      do {
        const standing = await deps.read((tx) => deps.submissions.sealing(tx, grant, packetId));
        if (standing === null) throw new SallyportError("policy.denied");
        const kept = standing.kept === null ? null : Math.min(standing.kept, of);
        if (kept !== told) yield { kept, of };
        told = kept;
        if (standing.isSealed) return;
      } while (await pause(LOOK_EVERY_MS, signal));
    },
  );
