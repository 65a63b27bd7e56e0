import { CompleteUploadInput, PacketSummary } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { PacketRow } from "@sallyport/phi";
import { type Grant, siteKey } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import type { Reach } from "../../boundary/still-live.ts";
import type { ApiDeps } from "../../ports.ts";
import { packetKeyPlace } from "../packets/packet-place.ts";
import { packetSummary } from "../packets/packet-summary.ts";
import { readUpload } from "./read-upload.ts";

/** Packets that are read at once in one process: reading is long work, and takes from everybody else's. */
const READING_MAX = 4;

/**
 * Completes an upload: every file is whole and what its sender hashed, every dataset is valid and every document whole, and the caller may upload for each site that
 * the data name; then it is in quarantine, and nobody reads it but who releases it. It may take minutes. A lost answer is found by the key.
 */
export const completeUpload = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => {
  const reading = new Set<string>();

  /** Reads the packet for the decision, under the right that its parts came by; nothing of it leaves. */
  async function read(packetId: string, digests: readonly { readonly n: number; readonly sha256: string }[], grant: Grant, reach: Reach) {
    if (reading.has(packetId) || reading.size >= READING_MAX) throw new SallyportError("service.busy");
    reading.add(packetId);
    try {
      const upload = await deps.uploads.get(grant, packetId);
      if (upload === null) throw new SallyportError("policy.denied");
      if (upload.state !== "receiving") throw new SallyportError("packet.state");
      const key = await deps.keys.open(packetKeyPlace(upload), upload.wrapped);
      return { upload, ...(await readUpload(deps, { upload, key, digests, ask: (part) => deps.uploads.chunks(grant, { packet: upload.id, ...part }), reach })) };
    } finally {
      reading.delete(packetId);
    }
  }

  return boundary.change(
    {
      action: "packet.upload",
      resource: "packet",
      input: CompleteUploadInput,
      output: PacketSummary,
      locate: async ({ packetId, files }, trace, reach) => {
        trace.about(packetId);
        const place = await deps.packets.placeOf(packetId);
        // Asked whether there is one or not, so that both take the same time; another's ends in the line where what isn't there does.
        const grant = reach({ action: "packet.upload", resource: "packet" }, { kind: "any", sites: place?.sites ?? [] });
        if (place === null || grant?.principal !== place.ingestedBy) return { place: { kind: "one", site: null }, found: null };
        // Completed before: a repeated call is answered as the first was.
        if (place.state !== "receiving") return { place: { kind: "each", sites: place.sites }, found: null };
        const found = await read(packetId, files, grant, reach);
        return { place: { kind: "each", sites: found.sites }, where: found.elsewhere, found, ownedBy: place.ingestedBy };
      },
    },
    {
      prepare: async ({ found, trace }) => {
        if (found === null) throw new SallyportError("packet.state");
        trace.note({ dataset: found.dataset, rows: found.rows, files: found.files.length });
        return { ...found, receivedAtMs: deps.now(), names: await deps.names() };
      },
      commit: async (tx, { grant }, { upload, names, ...read }) => {
        await deps.uploads.complete(tx, grant, upload.id, { ...read, sites: grant.sites });
        const row: PacketRow = {
          ...read,
          id: upload.id,
          study: upload.study,
          sites: grant.sites.map(({ site }) => site),
          profile: upload.profile,
          state: "quarantined",
          ingestedBy: grant.principal,
          ingestedByPerson: grant.person,
          wrapped: upload.wrapped,
          decidedBy: null,
          decidedAtMs: null,
          outcome: null,
        };
        return packetSummary(row, { person: grant.person, names });
      },
      detailAt: ({ rowsAt }, site) => ({ rows: rowsAt.get(siteKey(site)) ?? 0 }),
    },
  );
};
