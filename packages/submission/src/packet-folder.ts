import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { RunningSha256 } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { RELEASE_FILE, SIGNATURE_FILE } from "./packet-container.ts";
import { PacketBroken, type PacketFault, type PacketRules } from "./packet-fault.ts";
import { PACKET_FILES_MAX, type PacketFile } from "./packet-manifest.ts";
import { isEvidence, type PacketReader, RELEASE_BYTES_MAX } from "./packet-reader.ts";
import { SIGNATURE_CHARS_MAX } from "./packet-signature.ts";
import { ContainerReader, isContainer } from "./read-container.ts";

const CHUNK_BYTES = 256 * 1024;
/** Folders that are entered at most: as deep as a path may be, and one more to see that it isn't deeper. */
const DEPTH_MAX = 18;

/** Opens a plain file, and nothing that took its place after the look: a pipe would never end, and a link leads out of the folder. */
const openPlain = (path: string): Promise<FileHandle> => open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);

async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  const handle = await openPlain(path);
  for await (const chunk of handle.createReadStream({ highWaterMark: CHUNK_BYTES })) yield chunk as Buffer;
}

/** A packet that was unpacked into a folder. */
class FolderReader implements PacketReader {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  signature(): Promise<string> {
    return this.#text(SIGNATURE_FILE, SIGNATURE_CHARS_MAX);
  }

  release(): Promise<string> {
    return this.#text(RELEASE_FILE, RELEASE_BYTES_MAX);
  }

  async #text(name: string, most: number): Promise<string> {
    const path = join(this.#folder, name);
    const found = await lstat(path).catch(() => null);
    if (found === null) throw new PacketBroken("missing", "it isn't there", name);
    if (!found.isFile()) throw new PacketBroken("link", "it is no plain file", name);
    if (found.size > most) throw new PacketBroken("form", "longer than any", name);
    const chunks: Buffer[] = [];
    for await (const chunk of chunksOf(path)) chunks.push(chunk);
    return Buffer.concat(chunks).toString("utf8");
  }

  async files(listed: readonly PacketFile[], rules: PacketRules, { found, fault }: Parameters<PacketReader["files"]>[2]): Promise<void> {
    const byPath = new Map(listed.map((file) => [file.path, file]));
    const there = new Set<string>();
    for await (const { path, kind } of this.#walk("", 0)) {
      there.add(path);
      const file = byPath.get(path);
      const stray = kind !== "file" ? strayOf(path, kind) : file === undefined ? strayOf(path, "file") : null;
      if (stray !== null && (stray.kind === "extra" ? rules.strays : rules.names)) fault(stray);
      if (stray !== null || file === undefined) continue;
      await this.#file(file, rules, { found, fault });
    }
    for (const { path } of listed) if (!there.has(path) && rules.whole) fault({ kind: "missing", path, why: "it is listed, and isn't there" });
  }

  async #file(file: PacketFile, rules: PacketRules, { found, fault }: Parameters<PacketReader["files"]>[2]): Promise<void> {
    const path = join(this.#folder, file.path);
    const { size } = await lstat(path);
    if (size !== file.bytes) {
      if (rules.content) fault({ kind: "altered", path: file.path, why: `${size} bytes, where ${file.bytes} are listed` });
      return;
    }
    const digest = new RunningSha256();
    const kept: Buffer[] = [];
    for await (const chunk of chunksOf(path)) {
      digest.update(chunk);
      if (isEvidence(file)) kept.push(chunk);
    }
    found(file, { sha256: digest.hex(), text: isEvidence(file) ? Buffer.concat(kept).toString("utf8") : null });
  }

  /** Everything below the folder but folders and the two first files. Stops where there is more than any packet has. */
  async *#walk(below: string, depth: number): AsyncGenerator<{ readonly path: string; readonly kind: "file" | "link" | "other" }> {
    if (depth > DEPTH_MAX) throw new PacketBroken("form", "folders that are deeper than any packet's", below);
    const entries = await readdir(join(this.#folder, below), { withFileTypes: true });
    if (entries.length > 2 * PACKET_FILES_MAX) throw new PacketBroken("form", "more files than any packet has", below);
    for (const entry of entries) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) yield* this.#walk(path, depth + 1);
      else if (path !== SIGNATURE_FILE && path !== RELEASE_FILE) yield { path, kind: entry.isFile() ? "file" : entry.isSymbolicLink() ? "link" : "other" };
    }
  }
}

const strayOf = (path: string, kind: "file" | "link" | "other"): PacketFault =>
  kind === "file"
    ? { kind: "extra", path, why: "it isn't listed" }
    : { kind: kind === "link" ? "link" : "form", path, why: kind === "link" ? "a link" : "neither a file nor a folder" };

/** What sealed packets begin with: whoever has one opens it first. */
const AGE = "age-encryption.org/v1";

/**
 * Opens what may be a packet: the folder that one was unpacked into, or its container. Null for anything else.
 *
 * @throws SallyportError `packet.sealed` for one that wasn't opened yet.
 */
export async function packetAt(path: string): Promise<PacketReader | null> {
  const found = await lstat(path).catch(() => null);
  if (found?.isDirectory() === true) return (await lstat(join(path, SIGNATURE_FILE)).catch(() => null)) === null ? null : new FolderReader(path);
  if (found?.isFile() !== true) return null;
  const handle = await openPlain(path);
  const start = Buffer.alloc(BLOCK);
  try {
    await handle.read(start, 0, BLOCK, 0);
  } finally {
    await handle.close();
  }
  if (start.toString("latin1", 0, AGE.length) === AGE) throw new SallyportError("packet.sealed");
  return isContainer(start) ? new ContainerReader(chunksOf(path)) : null;
}

const BLOCK = 64;
