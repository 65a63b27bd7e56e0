import { SallyportError } from "@sallyport/errors";
import type { PacketRow, PacketState, PacketStore } from "@sallyport/phi";
import { siteKey, type Grant, type SiteRef } from "@sallyport/policy";
import { fromBulk } from "./bulk.ts";
import type { Database, Tx } from "./database.ts";
import { enterGrant, grantedSites, withGrant } from "./site-context.ts";

interface StoredRow {
  readonly id: string;
  readonly study: string;
  readonly site_keys: string;
  readonly dataset: string;
  readonly format: string;
  readonly profile: string;
  readonly state: PacketState;
  readonly bytes: string;
  readonly row_count: number;
  readonly received_at_ms: string;
  readonly ingested_by: string;
  readonly ingested_by_person: string;
  readonly wrapped: string;
  readonly decided_by: string | null;
  readonly decided_at_ms: string | null;
  readonly outcome: PacketRow["outcome"];
  readonly files: PacketRow["files"] | null;
}

/** Packets in quarantine, in Postgres. A packet is visible to a grant that reaches all of its sites. */
export function packetStore(database: Database): PacketStore<Tx> {
  return {
    async insert(tx, grant, packet, chunks) {
      grant.assert("packet.upload");
      const sites = packet.sites.map((site) => ({ study: packet.study, site }));
      if (!sites.every((site) => grant.covers(site))) throw new SallyportError("policy.denied", { rule: grant.rule });
      await enterGrant(tx, grant);
      // Chunks are taken while a packet is received only; here it is, within one transaction.
      await tx`
        INSERT INTO ingress.packets (id, study, site_keys, dataset, format, profile, state, bytes, row_count, began_at_ms, received_at_ms, ingested_by, ingested_by_person, wrapped)
        VALUES (${packet.id}, ${packet.study}, string_to_array(${sites.map(siteKey).join("\n")}, E'\n'), ${packet.dataset}, ${packet.format}, ${packet.profile},
                'receiving', ${packet.bytes}, ${packet.rows}, ${packet.receivedAtMs}, ${packet.receivedAtMs}, ${grant.principal}, ${grant.person}, ${packet.wrapped})`;
      await insertFiles(tx, packet.id, packet.files);
      for (const { file, n, sealed } of chunks) await tx`INSERT INTO ingress.packet_chunks (packet, file, n, sealed) VALUES (${packet.id}, ${file}, ${n}, ${sealed})`;
      await tx`UPDATE ingress.packets SET state = 'quarantined' WHERE id = ${packet.id}`;
    },

    async list(grant, filter) {
      grant.assert("packet.read");
      return withGrant(database, grant, (tx) => page(tx, grant, filter));
    },

    async waiting(grant) {
      grant.assert("packet.release");
      return withGrant(database, grant, async (tx) => {
        const [counted] = await tx<{ waiting: number }>`
          SELECT count(*)::integer AS waiting FROM ingress.packets
           WHERE site_keys <@ string_to_array(${grantedSites(grant)}, E'\n') AND state = 'quarantined' AND ingested_by_person <> ${grant.person}`;
        return counted?.waiting ?? 0;
      });
    },

    async get(grant, id) {
      grant.assert("packet.read", "packet.upload", "packet.inspect", "packet.release", "packet.reject");
      return withGrant(database, grant, async (tx) => {
        const [row] = await read(tx, grant, id, false);
        return row === undefined ? null : packetOf(row);
      });
    },

    async placeOf(id) {
      const [row] = await database.run<{ site_keys: string; state: PacketState; ingested_by: string; ingested_by_person: string }>`
        SELECT site_keys, state, ingested_by, ingested_by_person FROM ingress.place_of(${id})`;
      if (row === undefined) return null;
      return { sites: row.site_keys.split("\n").map(siteRefOf), state: row.state, ingestedBy: row.ingested_by, ingestedByPerson: row.ingested_by_person };
    },

    async lock(tx, grant, id) {
      grant.assert("packet.release", "packet.reject");
      await enterGrant(tx, grant);
      const [row] = await read(tx, grant, id, true);
      return row === undefined ? null : packetOf(row);
    },

    async chunks(tx, grant, id, { file, from, limit }) {
      grant.assert("packet.release", "packet.inspect");
      await enterGrant(tx, grant);
      const rows = await tx<{ sealed: string }>`
        SELECT encode(sealed, 'base64') AS sealed FROM ingress.packet_chunks WHERE packet = ${id} AND file = ${file} AND n >= ${from} ORDER BY n LIMIT ${limit}`;
      return rows.map(({ sealed }) => fromBulk(sealed));
    },

    async decide(tx, grant, id, state, outcome) {
      grant.assert(state === "released" ? "packet.release" : "packet.reject");
      await enterGrant(tx, grant);
      const decided = await tx`
        UPDATE ingress.packets
           SET state = ${state}, decided_by = ${grant.principal}, decided_at_ms = floor(extract(epoch FROM now()) * 1000)::bigint,
               outcome = ${outcome === null ? null : JSON.stringify(outcome)}::text::json,
               decided_request = ${grant.requestId}
         WHERE id = ${id} AND state = 'quarantined' AND site_keys <@ string_to_array(${grantedSites(grant)}, E'\n')
        RETURNING 1`;
      if (decided.length !== 1) throw new SallyportError("packet.state", { packet: id });
    },
  };
}

/** What is said of a packet's files, where the packet is still being received. */
export async function insertFiles(tx: Tx, packet: string, files: PacketRow["files"]): Promise<void> {
  await tx`
    INSERT INTO ingress.packet_files (packet, n, dataset, format, row_count, bytes, document_type, document_site, replaces, media_type, sha256)
    SELECT ${packet}, f.n, f.dataset, f.format, f.rows, f.bytes, f.document ->> 'type', f.document ->> 'site', f.document ->> 'replaces', f.document ->> 'mediaType',
           f.document ->> 'sha256'
      FROM json_to_recordset(${JSON.stringify(files)}::text::json) AS f (n integer, dataset text, format text, rows integer, bytes bigint, document json)`;
}

async function read(tx: Tx, grant: Grant, id: string, isLocked: boolean): Promise<readonly StoredRow[]> {
  if (isLocked) await tx`SELECT 1 FROM ingress.packets WHERE id = ${id} FOR UPDATE`;
  return tx<StoredRow>`
    SELECT id, study, array_to_string(site_keys, E'\n') AS site_keys, dataset, format, profile, state, bytes, row_count, received_at_ms,
           ingested_by, ingested_by_person, wrapped, decided_by, decided_at_ms, outcome,
           (SELECT json_agg(json_build_object('n', f.n, 'dataset', f.dataset, 'format', f.format, 'rows', f.row_count, 'bytes', f.bytes, 'document',
                   CASE WHEN f.document_type IS NOT NULL THEN json_build_object('type', f.document_type, 'site', f.document_site, 'replaces', f.replaces,
                     'mediaType', f.media_type, 'sha256', f.sha256) END) ORDER BY f.n)
              FROM ingress.packet_files f WHERE f.packet = packets.id) AS files
      FROM ingress.packets WHERE id = ${id} AND state <> 'receiving' AND site_keys <@ string_to_array(${grantedSites(grant)}, E'\n')`;
}

async function page(tx: Tx, grant: Grant, filter: Parameters<PacketStore<Tx>["list"]>[1]): ReturnType<PacketStore<Tx>["list"]> {
  const { study = null, state = null, after = null, limit } = filter;
  const sites = grantedSites(grant);
  const rows = await tx<StoredRow>`
    SELECT id, study, array_to_string(site_keys, E'\n') AS site_keys, dataset, format, profile, state, bytes, row_count, received_at_ms,
           ingested_by, ingested_by_person, wrapped, decided_by, decided_at_ms, outcome,
           (SELECT json_agg(json_build_object('n', f.n, 'dataset', f.dataset, 'format', f.format, 'rows', f.row_count, 'bytes', f.bytes, 'document',
                   CASE WHEN f.document_type IS NOT NULL THEN json_build_object('type', f.document_type, 'site', f.document_site, 'replaces', f.replaces,
                     'mediaType', f.media_type, 'sha256', f.sha256) END) ORDER BY f.n)
              FROM ingress.packet_files f WHERE f.packet = packets.id) AS files
      FROM ingress.packets
     WHERE state <> 'receiving' AND site_keys <@ string_to_array(${sites}, E'\n')
       AND (${study}::text IS NULL OR study = ${study}) AND (${state}::text IS NULL OR state = ${state})
       AND (${after}::text IS NULL OR (received_at_ms, id) < (SELECT p.received_at_ms, p.id FROM ingress.packets p WHERE p.id = ${after}))
     ORDER BY received_at_ms DESC, id DESC LIMIT ${limit}`;
  const [counted] = await tx<{ total: number }>`
    SELECT count(*)::integer AS total FROM ingress.packets
     WHERE state <> 'receiving' AND site_keys <@ string_to_array(${sites}, E'\n')
       AND (${study}::text IS NULL OR study = ${study}) AND (${state}::text IS NULL OR state = ${state})`;
  return { items: rows.map(packetOf), total: counted?.total ?? 0 };
}

function siteRefOf(key: string): SiteRef {
  const [study = "", site = ""] = key.split("/");
  return { study, site };
}

const packetOf = (row: StoredRow): PacketRow => ({
  id: row.id,
  study: row.study,
  sites: row.site_keys.split("\n").map((key) => siteRefOf(key).site),
  dataset: row.dataset,
  format: row.format,
  profile: row.profile,
  state: row.state,
  bytes: Number(row.bytes),
  rows: row.row_count,
  files: row.files ?? [],
  receivedAtMs: Number(row.received_at_ms),
  ingestedBy: row.ingested_by,
  ingestedByPerson: row.ingested_by_person,
  wrapped: row.wrapped,
  decidedBy: row.decided_by,
  decidedAtMs: row.decided_at_ms === null ? null : Number(row.decided_at_ms),
  outcome: row.outcome,
});
