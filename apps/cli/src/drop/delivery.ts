import { createHash } from "node:crypto";
import { SallyportError } from "@sallyport/errors";
import type { UploadDocument } from "@sallyport/client";
import type { Entry } from "@sallyport/outbound/sftp";
import type { DropServer } from "./drop-server.ts";
import { documentsIn, SIDECAR, SIDECAR_BYTES_MAX } from "./sidecar.ts";

/** Beside the folder of a delivery, under its name and this, the marker that says that all of it is there. */
export const MARKER = ".ready";
/** The folders that decided deliveries are moved to. */
export const FILED = { accepted: "accepted", refused: "refused" } as const;

const FILES_MAX = 20;
const BYTES_MAX = 2 ** 31;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const ENDINGS = [MARKER, ".part", ".receipt.json", ".refusal.json"];
/** What the api takes as a file's name, less what reorders text; a name that isn't UTF-8 arrives with U+FFFD in it. */
const FILE_NAME = /^[^\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029\ufffd/\\]{1,255}$/u;

/** Whether a folder's name is one that a delivery may have: nothing in it leads anywhere, and it stands for nothing of the drop's own. */
export const isDeliveryName = (name: string): boolean => NAME.test(name) && !ENDINGS.some((ending) => name.endsWith(ending)) && name !== FILED.accepted && name !== FILED.refused;

/** What is the same of a file at every look: its length and its SHA-256 (hex); and what it was said to be, where it is no dataset. */
export interface FileFacts {
  readonly bytes: number;
  readonly sha256: string;
  readonly document?: UploadDocument;
}

/** The files of a delivery in their order, and what the site says of them, if it says anything. */
export interface Delivered {
  readonly files: readonly Entry[];
  readonly sidecar: Entry | null;
}

/**
 * The files of a delivery in their order: by name, by UTF-16 code unit. File n of the packet is the n-th of them.
 *
 * @throws SallyportError `drop.delivery` with places, never names, for a delivery that can't be taken as it is.
 */
export async function filesOf(server: DropServer, folder: string): Promise<Delivered> {
  const all = (await server.list(folder)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const found = all.filter(({ name }) => name !== SIDECAR);
  const sidecar = all.find(({ name }) => name === SIDECAR) ?? null;
  const faults = [
    ...(sidecar === null || (sidecar.kind === "file" && sidecar.bytes <= SIDECAR_BYTES_MAX) ? [] : [`${SIDECAR}: no file, or a long one`]),
    ...(found.length === 0 ? ["the delivery: holds no file"] : []),
    ...(found.length > FILES_MAX ? [`the delivery: more than ${FILES_MAX} files`] : []),
    ...(found.reduce((sum, { bytes }) => sum + bytes, 0) > BYTES_MAX ? ["the delivery: longer than a packet may be"] : []),
    ...found.slice(0, FILES_MAX).flatMap(faultsOf),
  ];
  if (faults.length > 0) throw new SallyportError("drop.delivery", { where: faults });
  return { files: found, sidecar };
}

function faultsOf({ name, kind, bytes }: Entry, at: number): readonly string[] {
  const place = `file ${at + 1}`;
  if (kind === "folder") return [`${place}: a folder`];
  if (kind === "other") return [`${place}: a link, or no file`];
  return [...(FILE_NAME.test(name) ? [] : [`${place}: its name is not UTF-8, too long, or has a character that no name may have`]), ...(bytes === 0 ? [`${place}: empty`] : [])];
}

/** Reads each file once, for its digest, and what the site says of them. @throws SallyportError `drop.changed` where one isn't at rest; `drop.delivery`. */
export async function survey(server: DropServer, folder: string, { files, sidecar }: Delivered): Promise<readonly FileFacts[]> {
  const documents = sidecar === null ? new Map<string, UploadDocument>() : await said(server, folder, sidecar, files);
  const facts: FileFacts[] = [];
  for (const file of files) {
    const hash = createHash("sha256");
    for await (const piece of server.read(`${folder}/${file.name}`, file)) hash.update(piece);
    const document = documents.get(file.name);
    facts.push({ bytes: file.bytes, sha256: hash.digest("hex"), ...(document !== undefined && { document }) });
  }
  return facts;
}

async function said(server: DropServer, folder: string, sidecar: Entry, files: readonly Entry[]): Promise<ReadonlyMap<string, UploadDocument>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of server.read(`${folder}/${SIDECAR}`, sidecar)) pieces.push(piece);
  return documentsIn(
    Buffer.concat(pieces).toString("utf8"),
    files.map(({ name }) => name),
  );
}

/** A file's bytes, once more. @throws SallyportError `drop.changed` where they aren't what was surveyed. */
export async function* asSurveyed(server: DropServer, path: string, file: Entry, facts: FileFacts): AsyncGenerator<Uint8Array> {
  if (file.bytes !== facts.bytes) throw new SallyportError("drop.changed");
  const hash = createHash("sha256");
  for await (const piece of server.read(path, file)) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest("hex") !== facts.sha256) throw new SallyportError("drop.changed");
}
