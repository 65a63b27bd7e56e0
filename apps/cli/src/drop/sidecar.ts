import type { UploadDocument } from "@sallyport/client";
import { SallyportError } from "@sallyport/errors";
import { isDocumentId, isDocumentType } from "../document-type.ts";

/** What a site says of a delivery's files, beside them. It is no file of the packet. */
export const SIDECAR = "delivery.json";
export const SIDECAR_BYTES_MAX = 64 * 1024;

const MEMBERS = ["documents", "v"];
const ENTRY_MEMBERS = ["file", "replaces", "site", "type"];
const SITE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,19}$/;

/**
 * Which of a delivery's files are documents, by their names; the others are datasets (docs/runbooks/sftp-drop.md).
 *
 * @param names - The files of the delivery.
 * @throws SallyportError `drop.delivery` with places, never names.
 */
export function documentsIn(text: string, names: readonly string[]): ReadonlyMap<string, UploadDocument> {
  const value = parsed(text);
  if (!hasMembers(value, MEMBERS) || value["v"] !== 1 || !Array.isArray(value["documents"])) throw refused([`${SIDECAR}: not {"v": 1, "documents": […]}`]);
  const documents = new Map<string, UploadDocument>();
  const where = value["documents"].flatMap((entry: unknown, at): readonly string[] => {
    const fault = faultOf(entry, names, documents);
    return fault === null ? [] : [`${SIDECAR}, document ${at + 1}: ${fault}`];
  });
  if (where.length > 0) throw refused(where);
  return documents;
}

/** Takes an entry in, or says what is wrong with it. */
function faultOf(entry: unknown, names: readonly string[], documents: Map<string, UploadDocument>): string | null {
  if (!hasMembers(entry, ENTRY_MEMBERS)) return `has other members than ${ENTRY_MEMBERS.join(", ")}`;
  const { file, type, site = null, replaces } = entry;
  if (typeof file !== "string" || !names.includes(file)) return "names no file of the delivery";
  if (documents.has(file)) return "names a file once more";
  if (!isDocumentType(type)) return "has a type that isn't taken";
  if (site !== null && !(typeof site === "string" && SITE.test(site))) return "has a site that is none";
  if (replaces !== undefined && !isDocumentId(replaces)) return "replaces what is no document's id";
  documents.set(file, { type, site, ...(replaces !== undefined && { replaces }) });
  return null;
}

const hasMembers = (value: unknown, members: readonly string[]): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).every((name) => members.includes(name));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw refused([`${SIDECAR}: not JSON`]);
  }
}

const refused = (where: readonly string[]): SallyportError => new SallyportError("drop.delivery", { where: where.slice(0, 50) });
