import type { DataKey } from "@sallyport/crypto";
import { type DeclaredDocument, type DocumentSource, fileId, SealedFile } from "@sallyport/phi";
import { type AskChunks, chunksOf } from "../packets/stored-files.ts";

/** A file that is a document, to be read from its beginning or at a place. */
export interface DocumentFile {
  readonly n: number;
  readonly bytes: number;
  readonly declared: DeclaredDocument;
  readonly source: DocumentSource;
}

/** What has to be known of a packet to open its documents. */
interface Stored {
  readonly id: string;
  readonly files: readonly { readonly n: number; readonly bytes: number; readonly document: DeclaredDocument | null }[];
}

/** The documents of a packet, opened chunk by chunk as they are read. */
export const storedDocuments = ({ id, files }: Stored, key: DataKey, ask: AskChunks): readonly DocumentFile[] =>
  files.flatMap(({ n, bytes, document }) => {
    if (document === null) return [];
    const chunks = { all: () => chunksOf(n, ask), one: async (index: number) => (await ask({ file: n, from: index, limit: 1 }))[0] };
    return [{ n, bytes, declared: document, source: new SealedFile(key, fileId(id, n, files.length), bytes, chunks) }];
  });
