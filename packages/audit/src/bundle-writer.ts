import { once } from "node:events";
import { createReadStream, createWriteStream, existsSync, type WriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { canonicalJson, RunningSha256 } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { keysText } from "./bundle-keys.ts";
import {
  type BundleNames,
  checkpointsFile,
  cosignedFile,
  DICTIONARY_FILE,
  KEYS_FILE,
  leavesFile,
  MANIFEST_FILE,
  type ManifestFile,
  NAMES_FILE,
  README_FILE,
  recordsFile,
  STATEMENT_FILE,
} from "./bundle-model.ts";
import { readmeText } from "./bundle-readme.ts";
import { clearForExport, type Residue, trimResidue } from "./bundle-residue.ts";
import { CheckpointFile } from "./checkpoint-file.ts";
import { dictionaryText, type Vocabulary } from "./data-dictionary.ts";
import type { ExportPage } from "./export-page.ts";
import { type ExportStatement, parseStatement } from "./export-statement.ts";
import { SIGNATURE_BYTES } from "./leaf-run.ts";
import { manifestText } from "./manifest.ts";
import { parseLine } from "./record-encoding.ts";
import { leafHashesIn } from "./tree-hash.ts";

/** What goes into a bundle once, beside records and checkpoints. */
export interface BundleExtras {
  readonly names: BundleNames;
  readonly vocabulary: Vocabulary;
  /** The deployment's, as of the statement (docs/spec/handover-v1.md). */
  readonly handovers: readonly string[];
}

/** A file being written, with its running digest. */
class DigestedFile {
  readonly #name: string;
  readonly #stream: WriteStream;
  readonly #digest = new RunningSha256();
  #bytes = 0;

  private constructor(folder: string, name: string, flags: "wx" | "a") {
    this.#name = name;
    this.#stream = createWriteStream(join(folder, name), { flags, mode: 0o644 });
  }

  /** A new one. */
  static create(folder: string, name: string): DigestedFile {
    return new DigestedFile(folder, name, "wx");
  }

  /** One that goes on where it ends, or a new one. */
  static async goOn(folder: string, name: string): Promise<DigestedFile> {
    const path = join(folder, name);
    if (!existsSync(path)) return DigestedFile.create(folder, name);
    const file = new DigestedFile(folder, name, "a");
    for await (const chunk of createReadStream(path)) {
      file.#digest.update(chunk as Buffer);
      file.#bytes += (chunk as Buffer).length;
    }
    return file;
  }

  async write(data: string | Buffer): Promise<void> {
    const bytes = typeof data === "string" ? Buffer.from(data, "utf8") : data;
    this.#digest.update(bytes);
    this.#bytes += bytes.length;
    if (!this.#stream.write(bytes)) await once(this.#stream, "drain");
  }

  async close(): Promise<ManifestFile> {
    this.#stream.end();
    await finished(this.#stream);
    return { name: this.#name, bytes: this.#bytes, sha256: this.#digest.hex() };
  }
}

const HASH_TEXT = 64;
const SIGNATURE_TEXT = 88;
const LEAF_TEXT = HASH_TEXT + SIGNATURE_TEXT + 2;
const [SPACE, NEWLINE] = [0x20, 0x0a];

/** The lines of `leaves-<n>.txt` for a page. */
function leafLines(page: ExportPage): Buffer {
  const text = Buffer.allocUnsafe(page.ends.length * LEAF_TEXT);
  for (const [at, leaf] of leafHashesIn(page).entries()) {
    const start = at * LEAF_TEXT;
    text.write(leaf, start, HASH_TEXT, "latin1");
    text[start + HASH_TEXT] = SPACE;
    text.write(page.signatures.toString("base64", at * SIGNATURE_BYTES, (at + 1) * SIGNATURE_BYTES), start + HASH_TEXT + 1, SIGNATURE_TEXT, "latin1");
    text[start + LEAF_TEXT - 1] = NEWLINE;
  }
  return text;
}

interface OpenGeneration {
  readonly records: DigestedFile;
  readonly leaves: DigestedFile;
  readonly checkpoints: DigestedFile;
  readonly notes: CheckpointFile;
}

/** Whether a record that was written before belongs to what is stated now. */
function isOf(line: string, { deployment, chain }: ExportStatement, generation: number): boolean {
  try {
    const { record } = parseLine(line);
    return record.deployment === deployment && record.chain === chain && record.generation === generation;
  } catch {
    return false;
  }
}

/**
 * Writes a bundle into a folder, page by page: for each generation {@link BundleWriter.open}, rows and checkpoints, then
 * {@link BundleWriter.finish}. The manifest comes last, so a folder that was left half-way doesn't verify. It doesn't check what it
 * is given; verify the folder afterwards.
 */
export class BundleWriter {
  readonly #folder: string;
  readonly #note: string;
  readonly #statement: ExportStatement;
  readonly #files: ManifestFile[] = [];
  #open: OpenGeneration | null = null;

  private constructor(folder: string, note: string, statement: ExportStatement) {
    this.#folder = folder;
    this.#note = note;
    this.#statement = statement;
  }

  /**
   * Begins a bundle in an empty folder, or goes on with what an export that was cut off left there. {@link BundleWriter.open} says for each generation
   * what is there already.
   *
   * @param folder - Made if it isn't there.
   * @param statementNote - The signed statement; of what was cut off, as signed now: of the same chain, at the same sizes or larger. Its signature is
   *   not checked here.
   * @throws SallyportError `bundle.exists` where anything but such an export of the same chain is in the folder.
   */
  static async create(folder: string, statementNote: string): Promise<BundleWriter> {
    const writer = new BundleWriter(folder, statementNote, parseStatement(statementNote.slice(0, statementNote.lastIndexOf("\n\n") + 1)));
    await mkdir(folder, { recursive: true });
    await clearForExport(
      folder,
      writer.statement.generations.map(({ generation }) => generation),
    );
    return writer;
  }

  /** What the custodian signed. */
  get statement(): ExportStatement {
    return this.#statement;
  }

  /**
   * Begins the next generation's files, and ends those of the one before. Answers what is there already of this one.
   *
   * @throws SallyportError `bundle.exists` where that is of another chain.
   */
  async open(generation: number): Promise<Residue> {
    await this.#close();
    const residue = await trimResidue(this.#folder, generation);
    if (residue.lastLine !== null && !isOf(residue.lastLine, this.#statement, generation)) throw new SallyportError("bundle.exists");
    const [records, leaves] = [await DigestedFile.goOn(this.#folder, recordsFile(generation)), await DigestedFile.goOn(this.#folder, leavesFile(generation))];
    this.#open = { records, leaves, checkpoints: DigestedFile.create(this.#folder, checkpointsFile(generation)), notes: new CheckpointFile() };
    return residue;
  }

  /** Adds records to the open generation, in order, each with the signature of its leaf. */
  async addPage(page: ExportPage): Promise<void> {
    const { records, leaves } = this.#opened();
    await records.write(page.lines);
    await leaves.write(leafLines(page));
  }

  /** Adds signed checkpoints to the open generation, oldest first; the last must be of the stated size. */
  async addCheckpoints(notes: readonly string[]): Promise<void> {
    const { checkpoints, notes: file } = this.#opened();
    await checkpoints.write(notes.map((note) => file.add(note)).join(""));
  }

  /** Puts the newest checkpoint of a generation that witnesses cosigned beside it, with their lines. */
  async putCosigned(generation: number, note: string): Promise<void> {
    await this.#put(cosignedFile(generation), note);
  }

  /** Ends the bundle: everything else, and last the manifest. */
  async finish({ names, vocabulary, handovers }: BundleExtras): Promise<void> {
    await this.#close();
    await this.#put(STATEMENT_FILE, this.#note);
    await this.#put(KEYS_FILE, keysText(this.#statement.keys, handovers));
    await this.#put(NAMES_FILE, `${canonicalJson(names)}\n`);
    await this.#put(DICTIONARY_FILE, dictionaryText(vocabulary));
    await this.#put(README_FILE, readmeText(this.#statement));
    await this.#put(MANIFEST_FILE, manifestText(this.#files));
  }

  /** Ends what is open, where nothing more comes: what was written so far is on disk, to be gone on with. */
  async leave(): Promise<void> {
    await this.#close();
  }

  #opened(): OpenGeneration {
    if (this.#open === null) throw new TypeError("open a generation first");
    return this.#open;
  }

  async #close(): Promise<void> {
    if (this.#open === null) return;
    const { records, leaves, checkpoints } = this.#open;
    this.#open = null;
    for (const file of [records, leaves, checkpoints]) this.#files.push(await file.close());
  }

  async #put(name: string, text: string): Promise<void> {
    const file = DigestedFile.create(this.#folder, name);
    await file.write(text);
    this.#files.push(await file.close());
  }
}
