import { checkpointsFile, leavesFile, recordsFile, STATEMENT_FILE } from "../bundle-model.ts";
import { type ExportStatement, parseStatement, type StatedGeneration } from "../export-statement.ts";
import { leafHash } from "../tree-hash.ts";
import { type BundleFiles, fitManifest } from "./bundle-in-memory.ts";

/** A line of a records file, and the hash and signature beside it. */
export interface Line {
  /** Without its newline. */
  readonly text: string;
  /** With its newline; empty where there is none. */
  readonly leaf: string;
}

const NOTE = /[^\n]+\n[^\n]+\n[^\n]+\n\n[^\n]+\n/g;

/** A copy of a bundle in the hands of somebody who has all of it, and no key. */
export class TamperedCopy {
  readonly files: BundleFiles;
  readonly statement: ExportStatement;
  /** The generation that is tampered with. */
  readonly stated: StatedGeneration;

  private constructor(files: BundleFiles, statement: ExportStatement, stated: StatedGeneration) {
    this.files = files;
    this.statement = statement;
    this.stated = stated;
  }

  /** A copy of these files, of which the generation of most records will be tampered with. @throws SallyportError `note.invalid`. */
  static of(files: ReadonlyMap<string, Buffer>): TamperedCopy {
    const note = (files.get(STATEMENT_FILE) ?? Buffer.alloc(0)).toString("utf8");
    const statement = parseStatement(note.slice(0, note.indexOf("\n\n") + 1));
    return new TamperedCopy(
      new Map(files),
      statement,
      statement.generations.reduce((most, each) => (each.size > most.size ? each : most)),
    );
  }

  /** The same files, at another generation. */
  at(stated: StatedGeneration): TamperedCopy {
    return new TamperedCopy(this.files, this.statement, stated);
  }

  text(name: string): string {
    return (this.files.get(name) ?? Buffer.alloc(0)).toString("utf8");
  }

  put(name: string, text: string): void {
    this.files.set(name, Buffer.from(text, "utf8"));
  }

  lines(): Line[] {
    const leaves = this.text(leavesFile(this.stated.generation)).split("\n").slice(0, -1);
    return this.text(recordsFile(this.stated.generation))
      .split("\n")
      .slice(0, -1)
      .map((text, index) => ({ text, leaf: `${leaves[index] ?? ""}\n` }));
  }

  putLines(lines: readonly Line[]): void {
    this.put(recordsFile(this.stated.generation), lines.map(({ text }) => `${text}\n`).join(""));
    this.put(leavesFile(this.stated.generation), lines.map(({ leaf }) => leaf).join(""));
  }

  /** The signed checkpoints of the generation, one text each. */
  notes(): string[] {
    return this.text(checkpointsFile(this.stated.generation)).match(NOTE) ?? [];
  }

  putNotes(notes: readonly string[]): void {
    this.put(checkpointsFile(this.stated.generation), notes.join("\n"));
  }

  /** Makes the list of files fit what they are now. */
  fit(): void {
    fitManifest(this.files);
  }
}

/** A changed text with the hash that is its own now, and the signature that stood there. */
export const rehashed = (text: string, leaf: string): Line => ({ text, leaf: `${leafHash(text).toString("hex")}${leaf.slice(64)}` });
