import { PacketSummary, UploadPacketInput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { assertRegistered, cdiscSdtm, readDataset, sealPacket, sitesOf } from "@sallyport/phi";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { packetKeyPlace } from "./packet-place.ts";
import { packetSummary } from "./packet-summary.ts";

const BYTES_MAX = 8 * 1024 * 1024;
/** The domains that can be released: the ones whose rows name their own site. */
const DOMAINS: readonly string[] = ["DM"];

/**
 * Takes a dataset into quarantine: read and validated against its own column definitions, bound to registered sites, sealed as it came.
 * The caller is checked for each site that the file names, and can't read it back.
 */
export const uploadPacket = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "packet.upload",
      resource: "packet",
      input: UploadPacketInput,
      output: PacketSummary,
      locate: async (input) => {
        const dataset = await readDataset(input.content);
        if (!DOMAINS.includes(dataset.name)) throw new SallyportError("packet.invalid", { where: ["name: not a domain that can be taken"] });
        const study = (await deps.studies.all()).find(({ id }) => id === input.study);
        // A study or site that isn't registered has no owner: it is denied in the same way as one that is someone else's.
        const registered = new Set(study?.sites.map(({ id }) => id));
        const named = sitesOf(dataset).map(({ site }) => (registered.has(site) ? { study: input.study, site } : null));
        if (named.length === 0) throw new SallyportError("packet.invalid", { where: ["rows: none"] });
        return { place: { kind: "each", sites: named }, found: { dataset, study } };
      },
    },
    {
      prepare: async ({ input, grant, found: { dataset, study }, trace }) => {
        if (study === undefined) throw new SallyportError("policy.denied");
        assertRegistered(dataset, study);
        const id = newId("pkt");
        const bytes = Buffer.from(input.content, "utf8");
        if (bytes.length > BYTES_MAX) throw new SallyportError("input.too_large");
        const [made] = await deps.keys.create([packetKeyPlace({ id, study: study.id })]);
        if (made === undefined) throw new SallyportError("keys.unavailable");
        trace.about(id);
        trace.note({ dataset: dataset.name, rows: dataset.rows.length });
        const packet = {
          id,
          study: study.id,
          sites: grant.sites.map(({ site }) => site),
          dataset: dataset.name,
          format: `dataset-json/${dataset.standardVersion}`,
          profile: `${cdiscSdtm.id}/${cdiscSdtm.version}`,
          state: "quarantined" as const,
          bytes: bytes.length,
          rows: dataset.rows.length,
          receivedAtMs: deps.now(),
          ingestedBy: grant.principal,
          ingestedByPerson: grant.person,
          wrapped: made.wrapped,
        };
        return { packet, names: await deps.names(), chunks: sealPacket(made.key, id, bytes), rowsAt: new Map(sitesOf(dataset).map(({ site, rows }) => [site, rows])) };
      },
      commit: async (tx, { grant }, { packet, names, chunks }) => {
        await deps.packets.insert(tx, grant, packet, chunks);
        return packetSummary({ ...packet, decidedBy: null, decidedAtMs: null, outcome: null }, { person: grant.person, names });
      },
      detailAt: ({ rowsAt }, { site }) => ({ rows: rowsAt.get(site) ?? 0 }),
    },
  );
