import { UnfinishedUploadsInput, UnfinishedUploadsOutput, UploadProgress, UploadProgressInput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSites } from "../site-place.ts";
import { locateUpload, progressOf } from "./upload-place.ts";

/** How far the caller's own upload has come: where to go on after a cut, and what became of it. */
export const uploadProgress = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    { action: "packet.upload", resource: "packet", input: UploadProgressInput, output: UploadProgress, locate: ({ packetId }, trace) => locateUpload(deps, packetId, trace) },
    async ({ input, grant }) => {
      const upload = await deps.uploads.get(grant, input.packetId);
      if (upload === null) throw new SallyportError("policy.denied");
      return progressOf(upload);
    },
  );

/** The caller's own uploads that are not finished. */
export const unfinishedUploads = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "packet.upload",
      resource: "packet",
      input: UnfinishedUploadsInput,
      output: UnfinishedUploadsOutput,
      locate: ({ study }) => locateSites(deps, { study }),
    },
    async ({ input: { study }, grant, trace }) => {
      const items = await deps.uploads.unfinished(grant, study);
      trace.note({ shown: items.length });
      return { items: items.map(progressOf) };
    },
  );
