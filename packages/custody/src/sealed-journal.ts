import type { KeyObject } from "node:crypto";
import { closeSync, existsSync, fchmodSync, fchownSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { openBytes, sealBytes, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";

/** One fact: what is known under this kind and id from here on; null forgets it. */
export interface JournalEntry {
  readonly kind: string;
  readonly id: string;
  readonly value: unknown;
}

/** Rewritten when it has this many lines and twice as many as it had when it was last rewritten. */
const REWRITE_LINES = 10_000;

/**
 * The store's file: one sealed entry a line, only ever appended to, and rewritten whole by an atomic rename.
 *
 * Each line is sealed under the store's key to its number, kind, id and to the line before it, so a line that was altered,
 * moved, left out or brought from elsewhere doesn't open (docs/spec/custody-v1.md). A last line without its newline was
 * never acknowledged and is dropped; a whole file put back to an older state is for the trail's marks and witnesses to notice.
 */
export class SealedJournal {
  readonly #path: string;
  #key: KeyObject;
  /** The line before the first entry, without its newline; null where there is none. */
  #header: string | null;
  readonly #live: () => Iterable<JournalEntry>;
  readonly #fence: () => void;
  #file: FileHandle | null = null;
  #lines = 0;
  #rewrittenLines = 0;
  #previous = "";
  #isRewriteDue = false;
  #queue: string[] = [];
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  /** @param live - All that is known now, for a rewrite. @param fence - Throws where this process may no longer write. @param header - The file's first line, if it isn't an entry. */
  constructor(path: string, key: KeyObject, live: () => Iterable<JournalEntry>, fence: () => void, header: string | null = null) {
    this.#path = path;
    this.#key = key;
    this.#header = header;
    this.#previous = this.#anchor();
    this.#live = live;
    this.#fence = fence;
  }

  /**
   * Opens every entry of the file in order; says whether a torn last line was dropped.
   *
   * @throws `custodian.store` with the line's number where one doesn't open; `secret.exposed` where others can read the file.
   */
  read(take: (entry: JournalEntry) => void): { readonly torn: boolean } {
    if (!existsSync(this.#path)) return { torn: false };
    if ((statSync(this.#path).mode & 0o077) !== 0) throw new SallyportError("secret.exposed", { file: "store.jsonl" });
    const lines = readFileSync(this.#path, "latin1").split("\n");
    const torn = lines.pop() !== "";
    if (this.#header !== null && lines.length > 0 && lines.shift() !== this.#header) throw new SallyportError("custodian.store", { line: 0 });
    for (const line of lines) take(this.#open(line));
    return { torn };
  }

  /** Puts all that is known under another key and header: with the next {@link SealedJournal.rewrite}, which has to be the next thing. */
  sealUnder(key: KeyObject, header: string): void {
    this.#key = key;
    this.#header = header;
  }

  /**
   * Writes the file anew from what is known now, durably, and puts it in the old one's place at once.
   *
   * @param prove - Given the path of the new file before it takes the old one's place; where it throws, the old one stays.
   */
  async rewrite(prove: (fresh: string) => Promise<void> = () => Promise.resolve()): Promise<void> {
    this.#lines = 0;
    this.#previous = this.#anchor();
    this.#isRewriteDue = false;
    this.#queue = [];
    const text = [...(this.#header === null ? [] : [`${this.#header}\n`]), ...[...this.#live()].map((entry) => this.#seal(entry))].join("");
    const fresh = openSync(`${this.#path}.new`, "w", 0o600);
    fchmodSync(fresh, 0o600);
    const { uid, gid } = statSync(dirname(this.#path));
    // Root may act offline for the one whose folder this is; the file stays theirs.
    if (process.geteuid?.() === 0) fchownSync(fresh, uid, gid);
    for (let at = 0, bytes = Buffer.from(text, "latin1"); at < bytes.length; ) at += writeSync(fresh, bytes, at);
    fsyncSync(fresh);
    closeSync(fresh);
    await prove(`${this.#path}.new`);
    this.#fence();
    renameSync(`${this.#path}.new`, this.#path);
    const folder = openSync(dirname(this.#path), "r");
    fsyncSync(folder);
    closeSync(folder);
    this.#rewrittenLines = this.#lines;
    await this.#file?.close();
    this.#file = await open(this.#path, "a", 0o600);
  }

  /** Puts an entry behind the others. It is durable once a {@link SealedJournal.flush} that was asked for afterwards resolves. */
  append(entry: JournalEntry): void {
    this.#queue.push(this.#seal(entry));
  }

  /** Has the next {@link SealedJournal.flush} of something write the file anew, so that what was forgotten is in no line any more. */
  rewriteSoon(): void {
    this.#isRewriteDue = true;
  }

  /** Resolves when all that was appended so far is on disk; those who wait together share one write and one fsync. After a failure it never resolves again. */
  flush(): Promise<void> {
    this.#next ??= this.#last.then(() => {
      this.#next = null;
      return this.#write();
    });
    this.#last = this.#next;
    return this.#next;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#file?.close();
  }

  async #write(): Promise<void> {
    if (this.#queue.length === 0) return;
    this.#fence();
    if (this.#isRewriteDue || this.#lines > Math.max(REWRITE_LINES, 2 * this.#rewrittenLines)) return this.rewrite();
    const text = this.#queue.join("");
    this.#queue = [];
    await this.#file?.appendFile(text, "latin1");
    await this.#file?.datasync();
  }

  /** What the first entry is bound to. */
  #anchor(): string {
    return this.#header === null ? "" : sha256Hex(this.#header);
  }

  #place({ kind, id }: JournalEntry, n: number): { scope: string; id: string; index: number; last: boolean } {
    return { scope: `custodian/${kind}/${this.#previous}`, id, index: n, last: false };
  }

  #seal(entry: JournalEntry): string {
    const n = this.#lines + 1;
    const sealed = sealBytes({ id: "store", key: this.#key }, this.#place(entry, n), Buffer.from(JSON.stringify(entry.value), "utf8"));
    const line = JSON.stringify({ n, kind: entry.kind, id: entry.id, sealed: sealed.toString("base64url") });
    this.#advance(line);
    return `${line}\n`;
  }

  #open(line: string): JournalEntry {
    const n = this.#lines + 1;
    try {
      const { n: stated, kind, id, sealed } = JSON.parse(line) as { n: number; kind: string; id: string; sealed: string };
      const value = JSON.parse(openBytes({ id: "store", key: this.#key }, this.#place({ kind, id, value: null }, n), Buffer.from(sealed, "base64url")).toString("utf8")) as unknown;
      // Opening proves the content; this proves the spelling, so that no byte of a line is without meaning.
      if (JSON.stringify({ n: stated, kind, id, sealed: Buffer.from(sealed, "base64url").toString("base64url") }) !== line || stated !== n)
        throw new SallyportError("custodian.store");
      this.#advance(line);
      return { kind, id, value };
    } catch (error) {
      throw new SallyportError("custodian.store", { line: n }, error);
    }
  }

  #advance(line: string): void {
    this.#lines += 1;
    this.#previous = sha256Hex(line);
  }
}
