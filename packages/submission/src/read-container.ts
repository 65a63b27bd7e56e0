import { RunningSha256 } from "@sallyport/crypto";
import { RELEASE_FILE, SIGNATURE_FILE } from "./packet-container.ts";
import { PacketBroken, type PacketFault, type PacketRules } from "./packet-fault.ts";
import type { PacketFile } from "./packet-manifest.ts";
import { type FoundFile, isEvidence, type PacketReader, RELEASE_BYTES_MAX } from "./packet-reader.ts";
import { SIGNATURE_CHARS_MAX } from "./packet-signature.ts";
import { BLOCK_BYTES, paddingOf, readForeignHeader, TAR_END, tarHeader } from "./tar-header.ts";
import { pathFault } from "./tree-path.ts";

/** Reads so many bytes at a time from what comes in pieces of any size. */
class ByteRun {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  /** The next bytes, `most` of them at most; none where there are no more. */
  async some(most: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return new Uint8Array();
      this.#rest = next.value;
    }
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** The next bytes as they come, `bytes` of them. @throws PacketBroken where it ends before. */
  async *next(bytes: number, path: string): AsyncGenerator<Uint8Array> {
    for (let left = bytes; left > 0; ) {
      const piece = await this.some(left);
      if (piece.length === 0) throw new PacketBroken("truncated", "it ends within a file", path);
      left -= piece.length;
      yield piece;
    }
  }

  async exactly(bytes: number, path: string): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.next(bytes, path)) pieces.push(Uint8Array.from(piece));
    return Buffer.concat(pieces);
  }
}

type Tell = Parameters<PacketReader["files"]>[2];

/**
 * Reads a packet's container as it comes, in memory that doesn't grow with it. Each header has to be, byte for byte, the one that packing gives for
 * the file that is due; one that isn't is read only to say what is wrong with it.
 */
export class ContainerReader implements PacketReader {
  readonly #bytes: ByteRun;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#bytes = new ByteRun(source);
  }

  signature(rules: PacketRules): Promise<string> {
    return this.#first(SIGNATURE_FILE, SIGNATURE_CHARS_MAX, rules);
  }

  release(rules: PacketRules): Promise<string> {
    return this.#first(RELEASE_FILE, RELEASE_BYTES_MAX, rules);
  }

  async #first(path: string, most: number, rules: PacketRules): Promise<string> {
    const header = await this.#bytes.exactly(BLOCK_BYTES, path);
    const said = readForeignHeader(header);
    if (said?.path !== path || said.bytes > most) throw new PacketBroken(said === null ? "form" : "missing", "it isn't where it has to be", path);
    if (rules.form && !header.equals(tarHeader(path, said.bytes))) throw new PacketBroken("form", "a header in another form than packing gives", path);
    const content = await this.#bytes.exactly(said.bytes, path);
    const padding = await this.#bytes.exactly(paddingOf(said.bytes), path);
    if (rules.form && padding.some((byte) => byte !== 0)) throw new PacketBroken("form", "something else than zeros behind the file", path);
    return content.toString("utf8");
  }

  async files(listed: readonly PacketFile[], rules: PacketRules, tell: Tell): Promise<void> {
    const placeOf = new Map(listed.map(({ path }, at) => [path, at]));
    const read = new Set<string>([SIGNATURE_FILE, RELEASE_FILE]);
    const missing = (path: string): void => void (rules.whole && tell.fault({ kind: "missing", path, why: "it is listed, and isn't there" }));
    let due = 0;
    for (;;) {
      const header = await this.#bytes.exactly(BLOCK_BYTES, "");
      if (header.every((byte) => byte === 0)) break;
      const said = readForeignHeader(header);
      if (said === null) throw new PacketBroken("form", "what is no header of a file");
      const at = read.has(said.path) ? undefined : placeOf.get(said.path);
      const file = at === undefined || at < due ? undefined : listed[at];
      const wrong = strayFault(said, read.has(said.path), file);
      if (wrong === null && file !== undefined && at !== undefined) {
        for (const skipped of listed.slice(due, at)) missing(skipped.path);
        due = at + 1;
        if (rules.form && !header.equals(tarHeader(file.path, said.bytes))) tell.fault({ kind: "form", path: file.path, why: "a header in another form than packing gives" });
        await this.#file(file, said.bytes, rules, tell);
      } else {
        const isOn = wrong !== null && (wrong.kind === "extra" || wrong.kind === "duplicate" ? rules.strays : rules.names);
        if (isOn) tell.fault(wrong);
        await this.#skip(said.bytes + paddingOf(said.bytes), said.path);
      }
      read.add(said.path);
    }
    for (const file of listed.slice(due)) missing(file.path);
    await this.#end(rules, tell);
  }

  async #file(file: PacketFile, bytes: number, rules: PacketRules, tell: Tell): Promise<void> {
    const digest = new RunningSha256();
    const kept: Uint8Array[] = [];
    for await (const piece of this.#bytes.next(bytes, file.path)) {
      digest.update(piece);
      if (isEvidence(file)) kept.push(Uint8Array.from(piece));
    }
    const padding = await this.#bytes.exactly(paddingOf(bytes), file.path);
    if (rules.form && padding.some((byte) => byte !== 0)) tell.fault({ kind: "form", path: file.path, why: "something else than zeros behind the file" });
    if (bytes === file.bytes) return tell.found(file, foundOf(digest.hex(), isEvidence(file) ? kept : null));
    if (rules.content) tell.fault({ kind: "altered", path: file.path, why: `${bytes} bytes, where ${file.bytes} are listed` });
  }

  async #skip(bytes: number, path: string): Promise<void> {
    for await (const _ of this.#bytes.next(bytes, path));
  }

  /** The second block of zeros, and nothing more. */
  async #end(rules: PacketRules, tell: Tell): Promise<void> {
    const end = await this.#bytes.exactly(TAR_END.length - BLOCK_BYTES, "");
    const more = await this.#bytes.some(1);
    if (rules.form && (end.some((byte) => byte !== 0) || more.length > 0)) tell.fault({ kind: "trailing", path: "", why: "something behind the end" });
  }
}

/** What a header is that isn't due; null where a listed file that isn't here yet has it. */
function strayFault({ path, type }: { readonly path: string; readonly type: "file" | "link" | "other" }, isAgain: boolean, file: PacketFile | undefined): PacketFault | null {
  if (type === "link") return { kind: "link", path, why: "a link" };
  if (type === "other") return { kind: "form", path, why: "neither a file nor a link" };
  if (isAgain) return { kind: "duplicate", path, why: "there is a file of this name before it" };
  const fault = pathFault(path);
  if (fault !== null) return { kind: "path", path, why: fault };
  return file === undefined ? { kind: "extra", path, why: "it isn't listed, or isn't at its place" } : null;
}

const foundOf = (sha256: string, kept: readonly Uint8Array[] | null): FoundFile => ({ sha256, text: kept === null ? null : Buffer.concat(kept).toString("utf8") });

/** Whether bytes begin as a packet's container does. */
export const isContainer = (start: Uint8Array): boolean => Buffer.from(start.subarray(0, SIGNATURE_FILE.length + 1)).toString("latin1") === `${SIGNATURE_FILE}\0`;
