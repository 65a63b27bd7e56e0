import { BeginUploadInput, UNFINISHED_MAX, UploadProgress } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { fileId, profileLabel, sealFileName } from "@sallyport/phi";
import type { Grant, SiteRef } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { packetKeyPlace } from "../packets/packet-place.ts";
import { openSites } from "../documents/open-sites.ts";
import { progressOf } from "./upload-place.ts";

/**
 * Begins an upload in parts: a packet that only its uploader sees, with a data key of its own. Which sites it is for is known when it is
 * complete; here it is enough that the caller may upload for one site of the study.
 */
export const beginUpload = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "packet.upload",
      resource: "packet",
      input: BeginUploadInput,
      output: UploadProgress,
      recorded: "once",
      // A study that isn't registered has no site, and so ends as one in which the caller may do nothing.
      locate: async ({ study }) => {
        const found = (await deps.studies.all()).find(({ id }) => id === study);
        const sites = found?.sites.map(({ id }) => ({ study, site: id })) ?? [];
        return { place: { kind: "any", sites }, found: found === undefined ? [] : openSites(found).map((site) => ({ study, site })) };
      },
    },
    {
      prepare: async ({ input: { study, files }, grant, trace, found: whole }) => {
        // A document says where it belongs; a dataset's own rows do, when they are read.
        for (const { document } of files) if (document !== undefined) assertReached(grant, document.site === null ? whole : [{ study, site: document.site }]);
        const id = newId("pkt");
        const [made] = await deps.keys.create([packetKeyPlace({ id, study })]);
        if (made === undefined) throw new SallyportError("keys.unavailable");
        trace.about(id);
        trace.note({ files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) });
        const documents = files.filter(({ document }) => document !== undefined).length;
        if (documents > 0) trace.note({ documents });
        return {
          id,
          study,
          sites: grant.sites,
          profile: profileLabel(deps.profiles.of(study).profile),
          beganAtMs: deps.now(),
          wrapped: made.wrapped,
          files: files.map(({ name, bytes, document = null }, at) => ({ n: at + 1, bytes, document, sealedName: sealFileName(made.key, fileId(id, at + 1, files.length), name) })),
        };
      },
      commit: async (tx, { grant }, upload) => {
        if ((await deps.uploads.countUnfinished(tx, grant)) >= UNFINISHED_MAX) throw new SallyportError("packet.unfinished");
        await deps.uploads.begin(tx, grant, upload);
        return progressOf({ ...upload, state: "receiving", files: upload.files.map((file) => ({ ...file, received: 0 })) });
      },
    },
  );

function assertReached(grant: Grant, sites: readonly SiteRef[]): void {
  if (!sites.every((site) => grant.covers(site))) throw new SallyportError("policy.denied", { rule: grant.rule });
}
