import { SallyportError } from "@sallyport/errors";
import type { DocumentContent, DocumentRow, DocumentStore } from "@sallyport/phi";
import { fromBulk } from "./bulk.ts";
import type { Database, Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";
import { enterGrant, withGrant } from "./site-context.ts";

interface StoredDocument extends Omit<DocumentRow, "mediaType" | "bytes" | "releasedBy" | "releasedAtMs"> {
  readonly media_type: DocumentRow["mediaType"];
  readonly bytes: string;
  readonly released_by: string;
  readonly released_at_ms: string;
}

/** Documents, in Postgres. Which of them a grant reaches is row security's to say (0017-documents.sql); statements repeat the type. */
export function documentStore(database: Database): DocumentStore<Tx> {
  return {
    async placeOf(id) {
      const [row] = await database.run<Pick<DocumentRow, "study" | "site" | "type">>`SELECT study, site, type FROM phi.document_place(${id})`;
      return row ?? null;
    },

    async standing(tx, grant, study, { type, site, replaces, sha256 }) {
      grant.assert("packet.release", "packet.inspect");
      await enterGrant(tx, grant);
      const [row] =
        replaces === null
          ? await tx<{ id: string; version: number; sha256: string }>`
              SELECT d.id, d.version, d.sha256 FROM phi.documents d
               WHERE d.study = ${study} AND d.site IS NOT DISTINCT FROM ${site}::text AND d.type = ${type} AND d.sha256 = ${sha256}
               ORDER BY d.id, d.version DESC LIMIT 1`
          : await tx<{ id: string; version: number; sha256: string }>`
              SELECT d.id, d.version, d.sha256 FROM phi.documents d
               WHERE d.id = ${replaces} AND d.study = ${study} AND d.site IS NOT DISTINCT FROM ${site}::text AND d.type = ${type}
               ORDER BY d.version DESC LIMIT 1`;
      return row === undefined ? null : { id: row.id, version: row.version, isEqual: row.sha256 === sha256 };
    },

    async insert(tx, grant, { id, version, study, site, type, mediaType, sha256, bytes, packet, file }) {
      grant.assert("packet.release");
      await enterGrant(tx, grant);
      try {
        await tx`
          INSERT INTO phi.documents (id, version, study, site, type, media_type, sha256, bytes, packet, file, released_by)
          VALUES (${id}, ${version}, ${study}, ${site}, ${type}, ${mediaType}, ${sha256}, ${bytes}, ${packet}, ${file}, ${grant.principal})`;
      } catch (error) {
        // What another release has just written, as a new document or as this version: a retry finds it.
        if (isSqlState(error, "23505", "55P03", "40P01")) throw new SallyportError("service.busy");
        throw error;
      }
    },

    async list(grant, { study = null, site = null, after = null, limit }) {
      grant.assert("document.read");
      return withGrant(database, grant, async (tx) => {
        const rows = await tx<StoredDocument>`
          SELECT d.id, d.version, d.study, d.site, d.type, d.media_type, d.sha256, d.bytes, d.packet, d.file, d.released_by, d.released_at_ms
            FROM phi.documents d
           WHERE d.type = ${grant.resource} AND (${study}::text IS NULL OR d.study = ${study}) AND (${site}::text IS NULL OR d.site = ${site})
             AND NOT EXISTS (SELECT 1 FROM phi.documents n WHERE n.id = d.id AND n.version = d.version + 1)
             AND (${after}::text IS NULL OR (d.released_at_ms, d.id) < (SELECT a.released_at_ms, a.id FROM phi.documents a WHERE a.id = ${after} ORDER BY a.version DESC LIMIT 1))
           ORDER BY d.released_at_ms DESC, d.id DESC LIMIT ${limit}`;
        const [counted] = await tx<{ total: number }>`
          SELECT count(*)::integer AS total FROM phi.documents d
           WHERE d.type = ${grant.resource} AND d.version = 1 AND (${study}::text IS NULL OR d.study = ${study}) AND (${site}::text IS NULL OR d.site = ${site})`;
        return { items: rows.map(documentOf), total: counted?.total ?? 0 };
      });
    },

    async versions(tx, grant, id) {
      grant.assert("document.read", "submission.sign", "submission.assemble", "submission.submit");
      await enterGrant(tx, grant);
      const rows = await tx<StoredDocument>`
        SELECT d.id, d.version, d.study, d.site, d.type, d.media_type, d.sha256, d.bytes, d.packet, d.file, d.released_by, d.released_at_ms
          FROM phi.documents d WHERE d.id = ${id} AND d.type = ${grant.resource} ORDER BY d.version DESC`;
      return rows.map(documentOf);
    },

    async content(tx, grant, id, version) {
      grant.assert("document.read", "submission.assemble");
      await enterGrant(tx, grant);
      const [row] = await tx<DocumentContent>`SELECT packet, file, files, wrapped FROM phi.document_content(${id}, ${version})`;
      return row ?? null;
    },

    async chunks(tx, grant, packet, { file, from, limit }) {
      grant.assert("document.read", "submission.assemble");
      await enterGrant(tx, grant);
      const rows = await tx<{ sealed: string }>`
        SELECT encode(c.sealed, 'base64') AS sealed FROM ingress.packet_chunks c WHERE c.packet = ${packet} AND c.file = ${file} AND c.n >= ${from} ORDER BY c.n LIMIT ${limit}`;
      return rows.map(({ sealed }) => fromBulk(sealed));
    },
  };
}

const documentOf = ({ media_type: mediaType, released_by: releasedBy, released_at_ms: releasedAtMs, bytes, ...row }: StoredDocument): DocumentRow => ({
  ...row,
  mediaType,
  bytes: Number(bytes),
  releasedBy,
  releasedAtMs: Number(releasedAtMs),
});
