import { ListDocumentsInput, ListDocumentsOutput } from "@sallyport/contracts";
import { type DocumentType, maskOf } from "@sallyport/phi";
import type { Boundary } from "../../boundary/procedure.ts";
import { openCursor, sealCursor } from "../../cursor.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSites } from "../site-place.ts";

/** The documents of one type at the caller's sites, newest first: what they are, and not what is in them. */
export const listDocuments = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>, type: DocumentType) =>
  boundary.read(
    { action: "document.read", resource: type, input: ListDocumentsInput, output: ListDocumentsOutput, locate: (input) => locateSites(deps, input) },
    async ({ input: { study, site, cursor, limit }, grant, trace }) => {
      const { cursor: key } = await deps.referenceKeys();
      const scope = { principal: grant.principal, list: `documents.${type}`, filter: { study, site } };
      const after = cursor === undefined ? undefined : openCursor(key, scope, cursor);
      const [page, names] = await Promise.all([deps.documents.list(grant, { study, site, after, limit }), deps.names()]);
      const last = page.items.at(-1);
      trace.note({ shown: page.items.length, of: page.total });
      return {
        items: page.items.map((row) => ({
          documentId: row.id,
          type: row.type,
          study: row.study,
          site: row.site,
          version: row.version,
          name: { state: "masked" as const, mask: maskOf() },
          mediaType: row.mediaType,
          bytes: row.bytes,
          sha256: row.sha256,
          packetId: row.packet,
          releasedBy: row.releasedBy,
          releasedByName: names[row.releasedBy] ?? null,
          releasedAt: new Date(row.releasedAtMs).toISOString(),
        })),
        total: page.total,
        next: last !== undefined && page.items.length === limit ? sealCursor(key, scope, last.id) : null,
      };
    },
  );
