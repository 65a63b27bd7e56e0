import type { DataKey } from "@sallyport/crypto";
import type { UploadRow } from "@sallyport/phi";
import { type SiteRef, siteKey } from "@sallyport/policy";
import type { Reach } from "../../boundary/still-live.ts";
import type { ApiDeps } from "../../ports.ts";
import { openSites } from "../documents/open-sites.ts";
import { readDocuments, type ReadFile } from "../documents/read-documents.ts";
import { storedDocuments } from "../documents/stored-documents.ts";
import { type ReadPacket, readPacket } from "../packets/read-packet.ts";
import { type AskChunks, storedFiles } from "../packets/stored-files.ts";
import { assertWhole } from "./assert-whole.ts";

/** A received upload, and what its sender says of it. */
interface ReceivedUpload {
  readonly upload: UploadRow;
  readonly key: DataKey;
  readonly ask: AskChunks;
  readonly digests: readonly { readonly n: number; readonly sha256: string }[];
  readonly reach: Reach;
}

const NO_DATA: ReadPacket = { files: [], dataset: "", format: "", rows: 0, bytes: 0, sites: [], rowsAt: new Map(), elsewhere: [] };

/**
 * Reads an upload whole, its datasets as {@link readPacket} does, and its documents by their content; it belongs where both do.
 *
 * @throws SallyportError `packet.incomplete`, `packet.digest`, `packet.invalid`, `phi.integrity`.
 */
export async function readUpload<Tx>(deps: ApiDeps<Tx>, { upload, key, ask, digests, reach }: ReceivedUpload): Promise<ReadPacket> {
  const files = storedFiles(upload, key, ask);
  await assertWhole(upload, files, digests);
  const documents = storedDocuments(upload, key, ask);
  const datasets = files.filter(({ n }) => !documents.some((document) => document.n === n));
  const data = datasets.length === 0 ? NO_DATA : await readPacket(deps, { files: datasets, study: upload.study, reach });
  if (documents.length === 0) return data;
  const read = await readDocuments(deps, upload.study, documents);
  return {
    files: [...data.files, ...read.map(rowOf)].toSorted((a, b) => a.n - b.n),
    dataset: joined([data.dataset, ...read.map(({ received }) => received.type)]),
    format: joined([data.format, ...read.map(({ received }) => received.mediaType)]),
    rows: data.rows,
    bytes: upload.files.reduce((sum, { bytes }) => sum + bytes, 0),
    sites: distinct([...data.sites, ...(await sitesOf(deps, upload.study, read))]),
    rowsAt: data.rowsAt,
    elsewhere: data.elsewhere,
  };
}

const rowOf = ({ n, bytes, received }: ReadFile): ReadPacket["files"][number] => ({ n, bytes, dataset: received.type, format: received.mediaType, rows: 0, document: received });

const joined = (words: readonly string[]): string => [...new Set(words)].filter((word) => word !== "").join("+");

/** Where the documents belong: their sites, and all open ones of the study where one is the whole study's. Null is a site that isn't registered. */
async function sitesOf<Tx>(deps: Pick<ApiDeps<Tx>, "studies">, study: string, documents: readonly ReadFile[]): Promise<readonly (SiteRef | null)[]> {
  const found = (await deps.studies.all()).find(({ id }) => id === study);
  const [registered, open] = [found?.sites.map(({ id }) => id) ?? [], found === undefined ? [] : openSites(found)];
  return documents.flatMap(({ received: { site } }) => (site === null ? open : [site])).map((site) => (registered.includes(site) ? { study, site } : null));
}

/** Each site once, in order; whatever isn't one keeps the packet from being anywhere. */
function distinct(sites: readonly (SiteRef | null)[]): readonly (SiteRef | null)[] {
  const known = new Map(sites.flatMap((site) => (site === null ? [] : [[siteKey(site), site] as const])));
  const found: (SiteRef | null)[] = [...known].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, site]) => site);
  return sites.includes(null) ? [...found, null] : found;
}
