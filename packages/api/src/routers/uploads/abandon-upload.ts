import { AbandonUploadInput, AbandonUploadOutput } from "@sallyport/contracts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateUpload } from "./upload-place.ts";

/** Gives the caller's own unfinished upload up: it stays on record, and its bytes are removed soon after. */
export const abandonUpload = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "packet.upload",
      resource: "packet",
      input: AbandonUploadInput,
      output: AbandonUploadOutput,
      recorded: "once",
      locate: ({ packetId }, trace) => locateUpload(deps, packetId, trace),
    },
    {
      prepare: ({ trace }) => {
        trace.note({ state: "abandoned" });
        return Promise.resolve(null);
      },
      commit: async (tx, { input: { packetId }, grant }) => {
        await deps.uploads.abandon(tx, grant, packetId);
        return { packetId, state: "abandoned" as const };
      },
    },
  );
