import { PacketSummary, UploadPacketInput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { profileLabel, sealPacket } from "@sallyport/phi";
import { siteKey } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { packetKeyPlace } from "./packet-place.ts";
import { packetSummary } from "./packet-summary.ts";
import { readPacket } from "./read-packet.ts";

const BYTES_MAX = 8 * 1024 * 1024;

/**
 * Takes a dataset into quarantine: read and validated against its own column definitions, bound to registered sites, sealed as it came.
 * The caller is checked for each site that the file speaks of, and can't read it back.
 */
export const uploadPacket = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "packet.upload",
      resource: "packet",
      input: UploadPacketInput,
      output: PacketSummary,
      locate: async ({ study, content }, _, reach) => {
        const bytes = Buffer.from(content, "utf8");
        if (bytes.length > BYTES_MAX) throw new SallyportError("input.too_large");
        const read = await readPacket(deps, { files: [{ n: 1, of: 1, bytes: bytes.length, open: () => inOnePiece(bytes) }], study, reach });
        // A study or site that isn't registered has no owner: it is denied in the same way as one that is someone else's.
        return { place: { kind: "each", sites: read.sites }, where: read.elsewhere, found: { read, bytes } };
      },
    },
    {
      prepare: async ({ input: { study }, grant, found: { read, bytes }, trace }) => {
        const id = newId("pkt");
        const [made] = await deps.keys.create([packetKeyPlace({ id, study })]);
        if (made === undefined) throw new SallyportError("keys.unavailable");
        trace.about(id);
        trace.note({ dataset: read.dataset, rows: read.rows });
        const packet = {
          id,
          study,
          sites: grant.sites.map(({ site }) => site),
          dataset: read.dataset,
          format: read.format,
          profile: profileLabel(deps.profiles.of(study).profile),
          state: "quarantined" as const,
          bytes: read.bytes,
          rows: read.rows,
          files: read.files,
          receivedAtMs: deps.now(),
          ingestedBy: grant.principal,
          ingestedByPerson: grant.person,
          wrapped: made.wrapped,
        };
        return { packet, chunks: sealPacket(made.key, id, bytes).map((sealed, n) => ({ file: 1, n, sealed })), read, names: await deps.names() };
      },
      commit: async (tx, { grant }, { packet, chunks, names }) => {
        await deps.packets.insert(tx, grant, packet, chunks);
        return packetSummary({ ...packet, decidedBy: null, decidedAtMs: null, outcome: null }, { person: grant.person, names });
      },
      detailAt: ({ read: { rowsAt } }, site) => ({ rows: rowsAt.get(siteKey(site)) ?? 0 }),
    },
  );

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
