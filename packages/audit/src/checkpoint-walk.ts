import { verifyEd25519 } from "@sallyport/crypto";
import type { BundleReader } from "./bundle-model.ts";
import { checkpointsFile } from "./bundle-model.ts";
import { checkpointOrigin, parseCheckpoint } from "./checkpoint.ts";
import { notesOf } from "./checkpoint-file.ts";
import type { BundleDefence, Holds } from "./defence.ts";
import type { ExportStatement, StatedGeneration } from "./export-statement.ts";
import type { Break, BreakKind } from "./model.ts";
import { openNote } from "./signed-note.ts";

/** A checkpoint that is signed, in order, and of the right log. */
export interface WalkedCheckpoint {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
}

/**
 * Walks a bundle's checkpoints of one generation: each must be signed by a key of the statement, name this log, and not be below the
 * one before. What isn't so is a break; the walk goes on behind it.
 */
export class CheckpointWalk {
  readonly #statement: ExportStatement;
  readonly #stated: StatedGeneration;
  readonly #reader: BundleReader;
  readonly #holds: Holds<BundleDefence>;
  readonly #notes: AsyncGenerator<string | null>;
  readonly #breaks: Break[] = [];
  readonly #sought: WalkedCheckpoint | null;
  #isMet = false;
  #count = 0;
  #last: WalkedCheckpoint | null = null;

  /** @param sought - A checkpoint that has to be among them; null for none. */
  constructor(reader: BundleReader, statement: ExportStatement, stated: StatedGeneration, holds: Holds<BundleDefence>, sought: WalkedCheckpoint | null) {
    this.#holds = holds;
    this.#sought = sought;
    this.#statement = statement;
    this.#stated = stated;
    this.#reader = reader;
    this.#notes = notesOf(reader.lines(checkpointsFile(stated.generation)));
  }

  /** Notes read so far. */
  get count(): number {
    return this.#count;
  }

  /** Whether the one that was sought came by, or none was. */
  get isMet(): boolean {
    return this.#sought === null || this.#isMet;
  }

  /** The next good checkpoint, or null after the last. */
  async next(): Promise<WalkedCheckpoint | null> {
    for (;;) {
      const { value: note, done } = await this.#notes.next();
      if (done === true) return null;
      this.#count += 1;
      const checkpoint = note === null ? null : this.#open(note);
      if (checkpoint === null) {
        this.#report(0, "altered", `checkpoint ${this.#count} of generation ${this.#stated.generation} is not one that was signed for it`);
      } else if (this.#isInOrder(checkpoint)) {
        this.#last = checkpoint;
        this.#isMet ||= this.#sought !== null && checkpoint.size === this.#sought.size && checkpoint.root.equals(this.#sought.root);
        return checkpoint;
      }
    }
  }

  /** After the last: every break of the checkpoints, those included that only the file as a whole shows. */
  async end(): Promise<readonly Break[]> {
    const { size, root, checkpoints, checkpointsSha256, generation } = this.#stated;
    if (this.#breaks.length > 0) return this.#breaks;
    const isTheFile = this.#count === checkpoints && (await this.#reader.digest(checkpointsFile(generation))).sha256 === checkpointsSha256;
    const isStated = this.#last?.size === size && this.#last.root.toString("hex") === root;
    if (this.#holds("checkpoint file", isTheFile && isStated)) return this.#breaks;
    if (this.#count < checkpoints) {
      this.#report(0, "missing", `the statement signs ${checkpoints} checkpoints of generation ${generation}, but there are ${this.#count}`);
    } else if (this.#count > checkpoints) {
      this.#report(0, "inserted", `the statement signs ${checkpoints} checkpoints of generation ${generation}, but there are ${this.#count}`);
    } else if (!isTheFile) {
      this.#report(0, "altered", `the checkpoints of generation ${generation} are not the ones that the statement signs`);
    } else {
      this.#report(size, "rolled back", `the last checkpoint of generation ${generation} is not of the size and root that the statement signs`);
    }
    return this.#breaks;
  }

  /** Lets go of the file, where the walk was left before its end. */
  async close(): Promise<void> {
    await this.#notes.return(null);
  }

  #open(note: string): WalkedCheckpoint | null {
    const origin = checkpointOrigin(this.#statement.deployment, this.#statement.chain, this.#stated.generation);
    try {
      const checkpoint = parseCheckpoint(openNote(note, this.#statement.keys, (...signed) => this.#holds("checkpoint", verifyEd25519(...signed))));
      return this.#holds("checkpoint", checkpoint.origin === origin) ? checkpoint : null;
    } catch {
      return null;
    }
  }

  #isInOrder({ size, root }: WalkedCheckpoint): boolean {
    const last = this.#last;
    if (last === null || this.#holds("checkpoint order", size > last.size || (size === last.size && root.equals(last.root)))) return true;
    if (size < last.size) this.#report(size, "rolled back", `a checkpoint of size ${size} was signed after one of size ${last.size}`);
    else this.#report(size, "forked", `two checkpoints of size ${size} have different roots`);
    return false;
  }

  #report(seq: number, kind: BreakKind, why: string): void {
    this.#breaks.push({ chain: this.#statement.chain, generation: this.#stated.generation, seq, kind, why });
  }
}
