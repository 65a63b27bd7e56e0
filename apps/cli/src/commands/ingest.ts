import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { UploadDocument, UploadedPacket, UploadStanding } from "@sallyport/client";
import { plainJson } from "@sallyport/errors";
import { callOptions, keyOption } from "../call-options.ts";
import { type Command, type Invocation, optionText, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { asProfile } from "../profile.ts";
import { readText } from "../read-text.ts";
import { DOCUMENT_TYPES, isDocumentId, isDocumentType } from "../document-type.ts";
import { studyOfDataset } from "../study-of-dataset.ts";
import { UsageError } from "../usage-error.ts";

/** One file up to so many bytes goes in one call; so does standard input, whose length nobody knows. */
const ONE_CALL_BYTES = 4 * 1024 * 1024;
/** A larger file isn't looked through for its study. */
const STUDY_BYTES = 16 * 1024 * 1024;
const PACKET = /^pkt_[0-9a-hjkmnp-tv-z]{26}$/;

/** `sallyport ingest`: datasets or documents into quarantine, as one packet. */
export const ingest: Command = {
  usage: "--as PROFILE ingest FILE... [--study ID] [--document TYPE [--site ID] [--replaces DOCUMENT]] [--idempotency-key KEY] [--resume PACKET] [--later]",
  help: [
    "Uploads datasets (Dataset-JSON, UTF-8; - for standard input) as one packet into quarantine, DM with or before the domains that follow",
    "it. They are validated and classified on the way in, and nobody can read them until another principal has released them. Without",
    "--study, the study is the one that the STUDYID of the first file names. A large upload goes in parts; one that broke off is gone on",
    "with for a day by --resume PACKET and the same files in the same order. With --document, the files are no datasets but documents (PDF, XML",
    "or zip) of one TYPE: ectd_sequence, irb_correspondence or investigator_credential. They belong to --site, or without it to the whole study,",
    "and --replaces makes one file the next version of a document. With --later, what goes in one call is kept, sealed, where the api can't serve it:",
    "exit code 5 and a receipt, and nothing is done yet (see sallyport spool). It takes a token, which can be had while the root key is away, and not",
    "while the database, the trail or the custodian is.",
  ].join("\n"),
  options: {
    ...keyOption,
    study: { type: "string" },
    document: { type: "string" },
    site: { type: "string" },
    replaces: { type: "string" },
    resume: { type: "string" },
    later: { type: "boolean" },
  },
  takes: [1, 20],
  run: async (invocation) => {
    const resumed = optionText(invocation, "resume");
    if (resumed !== undefined && !PACKET.test(resumed)) throw new UsageError("--resume takes a packet's id, as ingest showed it");
    const document = documentOf(invocation, resumed);
    const isSmall = resumed === undefined && document === undefined && (await fitsOneCall(invocation));
    if (!isSmall && invocation.options["later"] === true) throw new UsageError("--later is for what goes in one call; what goes in parts is gone on with by --resume");
    const packet = isSmall ? await inOneCall(invocation) : await inParts(invocation, resumed, document);
    report(invocation, plainJson(packet), [
      `packet ${packet.packetId} is in quarantine`,
      `  ${packet.dataset} of ${packet.study}: ${packet.rows} rows, ${packet.sites.length} sites, ${packet.bytes} bytes`,
      `  next, as someone else: sallyport --as PROFILE release ${packet.packetId} --reason TEXT`,
    ]);
    return EXIT.done;
  },
};

async function fitsOneCall({ positionals, settings }: Invocation): Promise<boolean> {
  const [file = "", ...others] = positionals;
  if (others.length > 0) {
    if (positionals.includes("-")) throw new UsageError("standard input goes alone: - takes no other file beside it");
    return false;
  }
  return file === "-" || (await sizeOf(resolve(settings.workingDir, file), file)) <= ONE_CALL_BYTES;
}

async function inOneCall(invocation: Invocation): Promise<UploadedPacket> {
  const [file = ""] = invocation.positionals;
  const content = await readText(invocation, file);
  const study = optionText(invocation, "study") ?? studyIn(content);
  return await asProfile(invocation, async ({ api }) => await api.packets.upload.mutate({ study, content }, laterOptions(invocation)));
}

/** With a key that is shown again, by which the call is repeated once it was replayed. */
function laterOptions(invocation: Invocation): ReturnType<typeof callOptions> {
  const { context } = callOptions(invocation);
  return { context: { ...context, ...(invocation.options["later"] === true && { acceptLater: true }) } };
}

/** What the files are, where they are no datasets. */
function documentOf(invocation: Invocation, resumed: string | undefined): UploadDocument | undefined {
  const [type, site, replaces] = ["document", "site", "replaces"].map((name) => optionText(invocation, name));
  if (type === undefined) {
    if (site !== undefined || replaces !== undefined) throw new UsageError("--site and --replaces are for documents: say which with --document TYPE");
    return undefined;
  }
  if (resumed !== undefined) throw new UsageError("what the files are was said when the upload began: --resume takes no --document");
  if (!isDocumentType(type)) throw new UsageError(`--document takes one of ${DOCUMENT_TYPES.join(", ")}`);
  if (optionText(invocation, "study") === undefined) throw new UsageError("a document doesn't name its study; say which it is with --study ID");
  if (replaces !== undefined && !isDocumentId(replaces)) throw new UsageError("--replaces takes a document's id");
  if (replaces !== undefined && invocation.positionals.length > 1) throw new UsageError("--replaces takes one file");
  return { type, site: site ?? null, ...(replaces !== undefined && { replaces }) };
}

async function inParts(invocation: Invocation, resumed: string | undefined, document: UploadDocument | undefined): Promise<UploadedPacket> {
  const { positionals, settings, io } = invocation;
  if (optionText(invocation, "idempotency-key") !== undefined) throw new UsageError("--idempotency-key is for what goes in one call; what goes in parts is repeated by --resume");
  if (positionals.includes("-")) throw new UsageError("standard input can't be gone on with: name the file");
  const paths = positionals.map((path) => resolve(settings.workingDir, path));
  const sizes = await Promise.all(paths.map((path, at) => sizeOf(path, positionals[at] ?? "")));
  const files = paths.map((path) => ({ path, ...(document !== undefined && { document }) }));
  const onProgress = progressTo(io.err);
  if (resumed !== undefined) return await asProfile(invocation, async (connection) => await connection.upload({ packet: resumed, files, onProgress }));
  const [first = ""] = positionals;
  const named = optionText(invocation, "study");
  if (named === undefined && (sizes[0] ?? 0) > STUDY_BYTES) throw new UsageError("the first file is too large to be looked through for its study; say which it is with --study ID");
  const study = named ?? studyIn(await readText(invocation, first));
  return await asProfile(invocation, async (connection) => await connection.upload({ study, files, onProgress }));
}

function studyIn(content: string): string {
  const study = studyOfDataset(content);
  if (study === null) throw new UsageError("the file doesn't name one study in STUDYID; say which it is with --study ID");
  return study;
}

async function sizeOf(path: string, shown: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
  } catch (error) {
    throw new UsageError(`${shown} can't be read (${error instanceof Error && "code" in error ? String(error.code) : "unknown"})`);
  }
  throw new UsageError(`${shown} is no file`);
}

const QUIET_MS = 1_000;
const EVERY_MS = 500;
const MB = 1_000_000;

/** Lines on standard error, once it takes longer than a second, at most twice a second; the first names the packet, by which it can be gone on with. */
function progressTo(write: (text: string) => void): (standing: UploadStanding) => void {
  let nextAtMs = performance.now() + QUIET_MS;
  let isNamed = false;
  return ({ packetId, phase, received, bytes }) => {
    if (performance.now() < nextAtMs && phase === "sending") return;
    nextAtMs = performance.now() + EVERY_MS;
    if (!isNamed && phase === "sending") write(`packet ${packetId}; if this breaks off, go on with --resume ${packetId}\n`);
    isNamed = true;
    write(phase === "checking" ? "all is sent and is being checked\n" : `${(received / MB).toFixed(1)} of ${(bytes / MB).toFixed(1)} MB\n`);
  };
}
