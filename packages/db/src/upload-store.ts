import { SallyportError } from "@sallyport/errors";
import type { DocumentType, PacketState, UploadFile, UploadRow, UploadStore } from "@sallyport/phi";
import { siteKey } from "@sallyport/policy";
import { fromBulk, toBulk } from "./bulk.ts";
import type { Database, Tx } from "./database.ts";
import { insertFiles } from "./packet-store.ts";
import { enterGrant, withGrant } from "./site-context.ts";

const CHUNK_BYTES = 256 * 1024;

interface StoredUpload {
  readonly id: string;
  readonly study: string;
  readonly state: PacketState;
  readonly profile: string;
  readonly began_at_ms: string;
  readonly wrapped: string;
  /** `n bytes received`, and for a document its type, site and what it replaces, with `-` for none; a line a file, empty for a packet that came in one call. */
  readonly files: string;
}

/** Uploads in parts, in Postgres. Row security shows an upload to its own principal alone, and takes parts while it is received only. */
export function uploadStore(database: Database): UploadStore<Tx> {
  return {
    async countUnfinished(tx, grant) {
      grant.assert("packet.upload");
      await enterGrant(tx, grant);
      const [row] = await tx<{ count: number }>`SELECT count(*)::integer AS count FROM ingress.packets WHERE state = 'receiving' AND ingested_by = ${grant.principal}`;
      return row?.count ?? 0;
    },

    async begin(tx, grant, upload) {
      grant.assert("packet.upload");
      if (!upload.sites.every((site) => grant.covers(site))) throw new SallyportError("policy.denied", { rule: grant.rule });
      await enterGrant(tx, grant);
      await tx`
        INSERT INTO ingress.packets (id, study, site_keys, dataset, format, profile, state, bytes, row_count, began_at_ms, received_at_ms, ingested_by, ingested_by_person, wrapped)
        VALUES (${upload.id}, ${upload.study}, string_to_array(${upload.sites.map(siteKey).join("\n")}, E'\n'), '-', '-', ${upload.profile}, 'receiving',
                ${upload.files.reduce((sum, { bytes }) => sum + bytes, 0)}, 0, ${upload.beganAtMs}, ${upload.beganAtMs}, ${grant.principal}, ${grant.person}, ${upload.wrapped})`;
      for (const { n, bytes, sealedName, document } of upload.files)
        await tx`
          INSERT INTO ingress.upload_files (packet, n, bytes, sealed_name, document_type, document_site, replaces)
          VALUES (${upload.id}, ${n}, ${bytes}, ${sealedName}, ${document?.type ?? null}, ${document?.site ?? null}, ${document?.replaces ?? null})`;
    },

    async get(grant, id) {
      grant.assert("packet.upload");
      return withGrant(database, grant, async (tx) => {
        const [row] = await tx<StoredUpload>`
          SELECT p.id, p.study, p.state, p.profile, p.began_at_ms, p.wrapped,
                 coalesce((SELECT string_agg(concat_ws(' ', f.n, f.bytes, f.received, f.document_type, CASE WHEN f.document_type IS NOT NULL THEN coalesce(f.document_site, '-') END,
                             CASE WHEN f.document_type IS NOT NULL THEN coalesce(f.replaces, '-') END), E'\n' ORDER BY f.n) FROM ingress.upload_files f WHERE f.packet = p.id), '') AS files
            FROM ingress.packets p WHERE p.id = ${id} AND p.ingested_by = ${grant.principal}`;
        return row === undefined ? null : uploadOf(row);
      });
    },

    async unfinished(grant, study) {
      grant.assert("packet.upload");
      return withGrant(database, grant, async (tx) => {
        const rows = await tx<StoredUpload>`
          SELECT p.id, p.study, p.state, p.profile, p.began_at_ms, p.wrapped,
                 coalesce((SELECT string_agg(concat_ws(' ', f.n, f.bytes, f.received, f.document_type, CASE WHEN f.document_type IS NOT NULL THEN coalesce(f.document_site, '-') END,
                             CASE WHEN f.document_type IS NOT NULL THEN coalesce(f.replaces, '-') END), E'\n' ORDER BY f.n) FROM ingress.upload_files f WHERE f.packet = p.id), '') AS files
            FROM ingress.packets p
           WHERE p.state = 'receiving' AND p.ingested_by = ${grant.principal} AND (${study ?? null}::text IS NULL OR p.study = ${study ?? null})
           ORDER BY p.began_at_ms DESC, p.id DESC`;
        return rows.map(uploadOf);
      });
    },

    async append(grant, { packet, file, offset, bytes, chunks }) {
      grant.assert("packet.upload");
      return withGrant(database, grant, async (tx) => {
        // The packet's row is held too, so that nothing is added to what is completed or swept at this moment.
        const held = await tx`SELECT 1 FROM ingress.packets WHERE id = ${packet} AND state = 'receiving' AND ingested_by = ${grant.principal} FOR SHARE`;
        if (held.length !== 1) throw new SallyportError("packet.state", { packet });
        const [stands] = await tx<{ received: string }>`SELECT received FROM ingress.upload_files WHERE packet = ${packet} AND n = ${file} FOR UPDATE`;
        if (stands === undefined) throw new SallyportError("input.invalid", { where: ["file: not one of the packet"] });
        if (Number(stands.received) !== offset) throw new SallyportError("packet.offset", { packet, next: Number(stands.received) });
        const first = offset / CHUNK_BYTES;
        const added = [
          ...chunks.map(
            (sealed, at) => tx`INSERT INTO ingress.packet_chunks (packet, file, n, sealed) VALUES (${packet}, ${file}, ${first + at}, decode(${toBulk(sealed)}, 'base64'))`,
          ),
          tx`UPDATE ingress.upload_files SET received = ${offset + bytes} WHERE packet = ${packet} AND n = ${file}`,
        ];
        await Promise.all(added);
        return offset + bytes;
      });
    },

    async chunks(grant, { packet, file, from, limit }) {
      grant.assert("packet.upload");
      return withGrant(database, grant, async (tx) => {
        const rows = await tx<{ sealed: string }>`
          SELECT encode(sealed, 'base64') AS sealed FROM ingress.packet_chunks WHERE packet = ${packet} AND file = ${file} AND n >= ${from} AND n < ${from + limit} ORDER BY n`;
        return rows.map(({ sealed }) => fromBulk(sealed));
      });
    },

    async complete(tx, grant, id, { sites, dataset, format, rows, files, receivedAtMs }) {
      grant.assert("packet.upload");
      if (sites.length === 0 || !sites.every((site) => grant.covers(site))) throw new SallyportError("policy.denied", { rule: grant.rule });
      await enterGrant(tx, grant);
      await insertFiles(tx, id, files);
      const completed = await tx`
        UPDATE ingress.packets
           SET state = 'quarantined', site_keys = string_to_array(${sites.map(siteKey).join("\n")}, E'\n'), dataset = ${dataset}, format = ${format},
               row_count = ${rows}, received_at_ms = ${receivedAtMs}
         WHERE id = ${id} AND state = 'receiving' AND ingested_by = ${grant.principal}
        RETURNING 1`;
      if (completed.length !== 1) throw new SallyportError("packet.state", { packet: id });
    },

    async abandon(tx, grant, id) {
      grant.assert("packet.upload");
      await enterGrant(tx, grant);
      const given = await tx`UPDATE ingress.packets SET state = 'abandoned' WHERE id = ${id} AND state = 'receiving' AND ingested_by = ${grant.principal} RETURNING 1`;
      if (given.length !== 1) throw new SallyportError("packet.state", { packet: id });
    },
  };
}

const uploadOf = ({ id, study, state, profile, began_at_ms, wrapped, files }: StoredUpload): UploadRow => ({
  id,
  study,
  state,
  profile,
  beganAtMs: Number(began_at_ms),
  wrapped,
  files: files === "" ? [] : files.split("\n").map(fileOf),
});

function fileOf(line: string): UploadFile {
  const [n, bytes, received, type, site = "-", replaces = "-"] = line.split(" ");
  const document = type === undefined ? null : { type: type as DocumentType, site: site === "-" ? null : site, replaces: replaces === "-" ? null : replaces };
  return { n: Number(n), bytes: Number(bytes), received: Number(received), document };
}
