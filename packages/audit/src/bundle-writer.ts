import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { canonicalJson, RunningSha256 } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { keysText } from "./bundle-keys.ts";
import {
  type BundleNames,
  checkpointsFile,
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
import { CheckpointFile } from "./checkpoint-file.ts";
import { dictionaryText, type Vocabulary } from "./data-dictionary.ts";
import { type ExportStatement, parseStatement } from "./export-statement.ts";
import { manifestText } from "./manifest.ts";
import { leafHash } from "./tree-hash.ts";

/** One record as it goes into a bundle. */
export interface BundleRow {
  /** The exported line, its newline left out. */
  readonly line: string;
  /** The custodian's signature over the leaf at its place, base64. */
  readonly leafSignature: string;
}

/** What goes into a bundle once, beside records and checkpoints. */
export interface BundleExtras {
  readonly names: BundleNames;
  readonly vocabulary: Vocabulary;
}

/** A file being written, with its running digest. */
class DigestedFile {
  readonly #name: string;
  readonly #stream: WriteStream;
  readonly #digest = new RunningSha256();
  #bytes = 0;

  constructor(folder: string, name: string) {
    this.#name = name;
    this.#stream = createWriteStream(join(folder, name), { flags: "wx", mode: 0o644 });
  }

  async write(text: string): Promise<void> {
    const bytes = Buffer.from(text, "utf8");
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

interface OpenGeneration {
  readonly records: DigestedFile;
  readonly leaves: DigestedFile;
  readonly checkpoints: DigestedFile;
  readonly notes: CheckpointFile;
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
   * Begins a bundle.
   *
   * @param folder - Made if it isn't there; throws `bundle.exists` unless it is empty.
   * @param statementNote - The signed statement. Its signature is not checked here.
   */
  static async create(folder: string, statementNote: string): Promise<BundleWriter> {
    const statement = parseStatement(statementNote.slice(0, statementNote.lastIndexOf("\n\n") + 1));
    await mkdir(folder, { recursive: true });
    if ((await readdir(folder)).length > 0) throw new SallyportError("bundle.exists");
    return new BundleWriter(folder, statementNote, statement);
  }

  /** What the custodian signed. */
  get statement(): ExportStatement {
    return this.#statement;
  }

  /** Begins the next generation's files, and ends those of the one before. */
  async open(generation: number): Promise<void> {
    await this.#close();
    const file = (nameOf: (generation: number) => string): DigestedFile => new DigestedFile(this.#folder, nameOf(generation));
    this.#open = { records: file(recordsFile), leaves: file(leavesFile), checkpoints: file(checkpointsFile), notes: new CheckpointFile() };
  }

  /** Adds records to the open generation, in order. */
  async addRows(rows: readonly BundleRow[]): Promise<void> {
    const { records, leaves } = this.#opened();
    await records.write(rows.map(({ line }) => `${line}\n`).join(""));
    await leaves.write(rows.map(({ line, leafSignature }) => `${leafHash(line).toString("hex")} ${leafSignature}\n`).join(""));
  }

  /** Adds signed checkpoints to the open generation, oldest first; the last must be of the stated size. */
  async addCheckpoints(notes: readonly string[]): Promise<void> {
    const { checkpoints, notes: file } = this.#opened();
    await checkpoints.write(notes.map((note) => file.add(note)).join(""));
  }

  /** Ends the bundle: everything else, and last the manifest. */
  async finish({ names, vocabulary }: BundleExtras): Promise<void> {
    await this.#close();
    await this.#put(STATEMENT_FILE, this.#note);
    await this.#put(KEYS_FILE, keysText(this.#statement.keys));
    await this.#put(NAMES_FILE, `${canonicalJson(names)}\n`);
    await this.#put(DICTIONARY_FILE, dictionaryText(vocabulary));
    await this.#put(README_FILE, readmeText(this.#statement));
    await this.#put(MANIFEST_FILE, manifestText(this.#files));
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
    const file = new DigestedFile(this.#folder, name);
    await file.write(text);
    this.#files.push(await file.close());
  }
}
