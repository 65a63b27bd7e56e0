import { SallyportError } from "@sallyport/errors";
import { DatasetFaults, type DeclaredDocument, type InspectedDocument, inspectDocument, type ReceivedDocument } from "@sallyport/phi";
import type { ApiDeps } from "../../ports.ts";
import { placedFailure } from "../packets/opened-file.ts";
import type { DocumentFile } from "./stored-documents.ts";

/** A document that was read: what its content is, and where it says that it belongs. */
export interface ReadFile {
  readonly n: number;
  readonly bytes: number;
  readonly received: ReceivedDocument;
  readonly inspected: InspectedDocument;
}

/**
 * Reads documents whole. What one replaces must be a document of the same type at the same place; one that isn't there and one that is
 * somewhere else end alike, and one is replaced once in a packet.
 *
 * @throws SallyportError `packet.invalid`, which names the file by its number; whatever its chunks throw.
 */
export async function readDocuments<Tx>(deps: Pick<ApiDeps<Tx>, "documents">, study: string, files: readonly DocumentFile[]): Promise<readonly ReadFile[]> {
  await assertReplaceable(deps, study, files);
  const read: ReadFile[] = [];
  for (const file of files) read.push(await readDocument(file));
  return read;
}

/** One of them. @throws as {@link readDocuments}. */
export async function readDocument({ n, bytes, declared, source }: DocumentFile): Promise<ReadFile> {
  try {
    const inspected = await inspectDocument(source);
    const { type, site, replaces } = declared;
    return { n, bytes, received: { type, site, replaces, mediaType: inspected.mediaType, sha256: inspected.sha256 }, inspected };
  } catch (error) {
    throw placedFailure((where) => `file ${n}, ${where}`, error);
  }
}

async function assertReplaceable<Tx>(deps: Pick<ApiDeps<Tx>, "documents">, study: string, files: readonly DocumentFile[]): Promise<void> {
  const faults = new DatasetFaults();
  const replaced = new Set<string>();
  for (const { n, declared } of files) {
    const { replaces } = declared;
    if (replaces === null) continue;
    if (replaced.has(replaces)) faults.add(`file ${n}`, "replaces what an earlier file replaces");
    else if (!(await isAt(deps, study, declared, replaces))) faults.add(`file ${n}`, NOT_REPLACED);
    replaced.add(replaces);
  }
  if (!faults.isEmpty) throw new SallyportError("packet.invalid", { where: [...faults.places] });
}

/** What is said of a document that can't be replaced by a file, wherever it is. */
export const NOT_REPLACED = "replaces no document of its type that belongs where it does";

async function isAt<Tx>({ documents }: Pick<ApiDeps<Tx>, "documents">, study: string, { type, site }: DeclaredDocument, id: string): Promise<boolean> {
  const place = await documents.placeOf(id);
  return place !== null && place.study === study && place.site === site && place.type === type;
}
