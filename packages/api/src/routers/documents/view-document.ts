import { ViewDocumentInput, ViewDocumentOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { CHUNK_BYTES, type DocumentType, fileId, SealedFile } from "@sallyport/phi";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { packetKeyPlace } from "../packets/packet-place.ts";
import { locateDocument } from "./document-place.ts";

/** How much of a document leaves in one crossing: a few sealed chunks, so that memory doesn't grow with the document. */
const PIECE_BYTES = 1_048_576;

/**
 * A piece of a version's bytes, as they were sealed. Each is a crossing of its own, on record before it leaves; and what a person's session was given is
 * kept, since only what was shown whole is signed.
 */
export const viewDocument = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>, type: DocumentType) =>
  boundary.reveal(
    {
      action: "document.read",
      resource: type,
      input: ViewDocumentInput,
      output: ViewDocumentOutput,
      locate: ({ documentId }, trace) => locateDocument(deps, type, documentId, trace),
    },
    async ({ input: { documentId, version, from, purpose }, grant, trace, session }) => {
      const first = Math.floor(from / CHUNK_BYTES);
      // In one transaction, since a long document is read piece by piece, each of which would wait for it.
      const found = await deps.read(async (tx) => {
        const row = (await deps.documents.versions(tx, grant, documentId)).find((each) => each.version === version);
        const content = await deps.documents.content(tx, grant, documentId, version);
        if (row === undefined || content === null || from >= row.bytes) return { row, content, chunks: [] };
        const part = { file: content.file, from: first, limit: PIECE_BYTES / CHUNK_BYTES };
        return { row, content, chunks: await deps.documents.chunks(tx, grant, content.packet, part) };
      });
      const { row, content, chunks } = found;
      if (row === undefined || content === null) throw new SallyportError("policy.denied");
      if (from % PIECE_BYTES !== 0 || from >= row.bytes) throw new SallyportError("input.invalid", { where: ["from: where no piece begins"] });
      const { packet, file, files, wrapped } = content;
      const key = await deps.keys.open(packetKeyPlace({ id: packet, study: row.study }), wrapped);
      const one = (index: number): Promise<Buffer | undefined> => Promise.resolve(chunks[index - first]);
      const sealed = new SealedFile(key, fileId(packet, file, files), row.bytes, { all: () => none(), one });
      const bytes = Math.min(PIECE_BYTES, row.bytes - from);
      const piece = await sealed.read(from, bytes);
      trace.note({ version, purpose, from, bytes });
      const { mediaType, sha256 } = row;
      return {
        store: async (tx) => {
          if (session !== null) await deps.signatures.handedOut(tx, grant, { document: documentId, version, session: session.id, from, bytes, atMs: deps.now() });
        },
        answer: () => ({
          documentId,
          version,
          mediaType,
          bytes: row.bytes,
          sha256,
          from,
          content: piece.toString("base64"),
          next: from + bytes < row.bytes ? from + bytes : null,
        }),
      };
    },
  );

/** A piece is read at its place; nobody reads the file from its beginning. */
async function* none(): AsyncGenerator<Uint8Array> {}
