import type { KeyObject } from "node:crypto";
import { SallyportError } from "@sallyport/errors";
import { type JournalEntry, SealedJournal } from "./sealed-journal.ts";
import type { StoreLock } from "./store-lock.ts";

export interface SealedStoreOptions {
  readonly path: string;
  /** The 256-bit key that every entry is sealed under. */
  readonly key: KeyObject;
  readonly lock: StoreLock;
  /** The file's first line, which names the root key, if there is one. */
  readonly header?: string | null;
  /** Called where a write failed: what is in memory may no longer be what is on disk, so the process must end. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Facts by kind and id: all in memory, behind a {@link SealedJournal}. `Kinds` maps each kind to its value's type.
 * What is put is known at once and on disk when {@link SealedStore.durable} resolves.
 */
export class SealedStore<Kinds extends object> {
  readonly #known = new Map<string, Map<string, unknown>>();
  readonly #journal: SealedJournal;
  readonly #options: SealedStoreOptions;
  /** Whether a torn last entry, which was never acknowledged, was dropped. */
  readonly wasTorn: boolean;

  /** Opens every entry. Nothing is written yet. @throws `custodian.store`, `secret.exposed`. */
  constructor(options: SealedStoreOptions) {
    this.#options = options;
    this.#journal = new SealedJournal(
      options.path,
      options.key,
      () => this.#entries(),
      () => options.lock.assertHeld(),
      options.header ?? null,
    );
    this.wasTorn = this.#journal.read((entry) => this.#apply(entry)).torn;
  }

  get<K extends keyof Kinds & string>(kind: K, id: string): Kinds[K] | undefined {
    return this.#known.get(kind)?.get(id) as Kinds[K] | undefined;
  }

  all<K extends keyof Kinds & string>(kind: K): ReadonlyMap<string, Kinds[K]> {
    return (this.#known.get(kind) ?? new Map()) as ReadonlyMap<string, Kinds[K]>;
  }

  /** Null forgets. */
  put<K extends keyof Kinds & string>(kind: K, id: string, value: Kinds[K] | null): void {
    const entry = { kind, id, value };
    this.#apply(entry);
    this.#journal.append(entry);
  }

  /** Writes the whole file anew, all at once or not at all; needed once before the first {@link SealedStore.durable}. */
  rewrite(): Promise<void> {
    return this.#journal.rewrite();
  }

  /**
   * Seals all that is known under another key, with another first line, in one act: the old file stands until the new one is whole, on disk and proven.
   *
   * @param prove - Given the new file's path; where it throws, the old file stays as it was, and this store is to be used no more.
   */
  async moveUnder(key: KeyObject, header: string, prove: (fresh: string) => Promise<void>): Promise<void> {
    this.#journal.sealUnder(key, header);
    await this.#journal.rewrite(prove);
  }

  /** Has what was forgotten leave the file with the next {@link SealedStore.durable}. */
  rewriteSoon(): void {
    this.#journal.rewriteSoon();
  }

  /** Resolves when all that is known is on disk. @throws `service.unavailable`, for good, after a write that failed. */
  async durable(): Promise<void> {
    try {
      await this.#journal.flush();
    } catch (error) {
      this.#options.onFailure(error);
      throw new SallyportError("service.unavailable", { part: "store" }, error);
    }
  }

  /** @throws `custodian.fenced` where another process has this store by now. */
  assertHeld(): void {
    this.#options.lock.assertHeld();
  }

  async close(): Promise<void> {
    await this.#journal.close();
    this.#options.lock.release();
  }

  #apply({ kind, id, value }: JournalEntry): void {
    const known = this.#known.get(kind) ?? new Map<string, unknown>();
    if (value === null) known.delete(id);
    else known.set(id, value);
    this.#known.set(kind, known);
  }

  *#entries(): Iterable<JournalEntry> {
    for (const [kind, known] of this.#known) for (const [id, value] of known) yield { kind, id, value };
  }
}
