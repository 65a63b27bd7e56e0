import type { KeyObject } from "node:crypto";
import { hmacHex, newId, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { SealedStore } from "../sealed-store.ts";
import { lockStore, type StoreLock } from "../store-lock.ts";
import { filesIn, isPrivate, type SpoolFiles } from "./spool-files.ts";
import { openRequest, sealRequest, type SpooledHead, type Taken, type UnwrapHeader } from "./spooled-request.ts";

/** How much a spool takes; beyond, it takes nothing. */
export interface SpoolLimits {
  readonly requests: number;
  /** Of one workload, so that none fills it for all. */
  readonly requestsPerWorkload: number;
  /** Of all sealed files together. */
  readonly bytes: number;
  /** Of one workload's. */
  readonly bytesPerWorkload: number;
  /** How long a request may wait for its replay, in milliseconds. */
  readonly ageMs: number;
}

export const SPOOL_LIMITS: SpoolLimits = { requests: 1000, requestsPerWorkload: 200, bytes: 512 * 1024 * 1024, bytesPerWorkload: 128 * 1024 * 1024, ageMs: 24 * 60 * 60 * 1000 };

/** What is offered: everything that the caller proved without the database, and the input. */
export type Offered = Omit<SpooledHead, "receipt" | "n" | "takenMs" | "inputMac"> & { readonly input: string };

/** How full a spool would be: what waits, and the bytes of that and of what is offered. */
interface SpoolStanding {
  readonly requests: number;
  readonly requestsOfWorkload: number;
  readonly bytes: number;
  readonly bytesOfWorkload: number;
}

/** Switched off one by one by tests that show what each is for. */
export interface SpoolRules {
  /** Whether this much more may be taken. */
  isWithin(limits: SpoolLimits, standing: SpoolStanding): boolean;
  open: typeof openRequest;
}

export const strictSpoolRules: SpoolRules = {
  isWithin: (limits, { requests, requestsOfWorkload, bytes, bytesOfWorkload }) =>
    requests < limits.requests && requestsOfWorkload < limits.requestsPerWorkload && bytes <= limits.bytes && bytesOfWorkload <= limits.bytesPerWorkload,
  open: openRequest,
};

export interface SpoolParts {
  readonly folder: string;
  /** Of the book: 256 bits that the custodian alone can unwrap again. */
  readonly key: KeyObject;
  /** The spool's public key: an age recipient. */
  readonly recipient: string;
  readonly now: () => number;
  readonly limits?: SpoolLimits;
  readonly files?: SpoolFiles;
  readonly rules?: SpoolRules;
  /** How a book goes on that was begun anew under another key. */
  readonly begin?: { readonly spool: string; readonly taken: number };
}

interface Kinds {
  /** Under `-`: the spool's id, and how many it took in all. */
  readonly book: { readonly spool: string; readonly taken: number };
  readonly taken: Taken;
}

const nameOf = ({ n, receipt }: Pick<Taken, "n" | "receipt">): string => `${String(n).padStart(12, "0")}-${receipt}.age`;
/** What sealing adds at most: a header, a nonce, and a tag for each 64 KiB. */
const SEALING_BYTES = 1024;

/**
 * Requests that wait for the boundary: each a file that only the custodian can have opened, and a book that counts them (docs/spec/spool-v1.md).
 *
 * The book is a chained, sealed journal: a file that was removed, altered, put in another's place or put there by somebody else shows. A request
 * counts when both its file and its line in the book are on disk, and stays until it was settled.
 */
export class Spool {
  readonly #parts: SpoolParts;
  readonly #book: SealedStore<Kinds>;
  readonly #lock: StoreLock;
  readonly #files: SpoolFiles;
  readonly #limits: SpoolLimits;
  readonly #rules: SpoolRules;
  /** Files that no line of the book ever spoke of: never acknowledged, put there by somebody, or their lines were cut off. They are put aside. */
  readonly strays: number;
  #last: Promise<unknown> = Promise.resolve();
  #isBroken = false;

  /** @throws `custodian.locked` where another process has it; `custodian.store` where the book doesn't open under this key; `secret.exposed`. */
  static async open(parts: SpoolParts): Promise<Spool> {
    const files = parts.files ?? filesIn(parts.folder);
    if (!isPrivate(parts.folder)) throw new SallyportError("secret.exposed", { folder: "spool" });
    const lock = lockStore(parts.folder);
    try {
      const spool = new Spool(parts, files, lock);
      await spool.#book.rewrite();
      return spool;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private constructor(parts: SpoolParts, files: SpoolFiles, lock: StoreLock) {
    this.#parts = parts;
    this.#files = files;
    this.#lock = lock;
    this.#limits = parts.limits ?? SPOOL_LIMITS;
    this.#rules = parts.rules ?? strictSpoolRules;
    // After a write that failed, what is in memory may not be what is on disk: nothing more is taken until the next start.
    this.#book = new SealedStore<Kinds>({ path: `${parts.folder}/book.jsonl`, key: parts.key, lock, onFailure: () => (this.#isBroken = true) });
    if (this.#book.get("book", "-") === undefined) this.#book.put("book", "-", parts.begin ?? { spool: newId("spool"), taken: 0 });
    const known = new Set(this.waiting().map(nameOf));
    let strays = 0;
    for (const name of files.names().filter((each) => !known.has(each))) {
      // One that was settled, or never got its name, is nothing any more. Any other was never acknowledged, or its line is gone: people have to see it.
      if (name.endsWith(".new") || Number(name.slice(0, 12)) <= this.taken) files.remove(name);
      else {
        files.putAside(name);
        strays += 1;
      }
    }
    this.strays = strays;
  }

  /** Names this spool among those of other nodes. */
  get id(): string {
    return this.#standing.spool;
  }

  /** How many it took in all, settled ones too. */
  get taken(): number {
    return this.#standing.taken;
  }

  /** Whether nothing more can be taken until the next start. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** What isn't settled yet, in the order in which it was taken. */
  waiting(): readonly Taken[] {
    return [...this.#book.all("taken").values()].toSorted((a, b) => a.n - b.n);
  }

  find(receipt: string): Taken | null {
    return this.#book.get("taken", receipt) ?? null;
  }

  /** Whether something of a workload's waits, so that what it sends next has to wait behind. */
  holdsOf(workload: string): boolean {
    return [...this.#book.all("taken").values()].some((taken) => taken.workload === workload);
  }

  /**
   * Seals a request and keeps it; it is on disk when this resolves. The same request, offered again while it waits, is answered with the same line.
   *
   * @throws SallyportError `service.unavailable` where it is full, or the disk doesn't take it; `input.idempotency_reused` where this key of this
   *   principal's waits with another request.
   */
  take(offered: Offered): Promise<Taken> {
    // One after the other: numbers have no gap, and bounds hold.
    const turn = this.#last.then(() => this.#take(offered));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** The input of a request that waits. @throws SallyportError `phi.integrity` where its file is gone or isn't the one that was taken; what `unwrap` throws. */
  async open(taken: Taken, unwrap: UnwrapHeader): Promise<string> {
    const sealed = this.#files.read(nameOf(taken));
    if (sealed === null) throw new SallyportError("phi.integrity", { spooled: taken.receipt, why: "gone" });
    return (await this.#rules.open(taken, sealed, unwrap)).input;
  }

  /** Lets go of a request whose end is on record: first the line, then the file, which is a stray if this breaks off between. */
  async settle(taken: Taken): Promise<void> {
    this.#book.put("taken", taken.receipt, null);
    await this.#book.durable();
    this.#files.remove(nameOf(taken));
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#book.close();
    this.#lock.release();
  }

  get #standing(): Kinds["book"] {
    const standing = this.#book.get("book", "-");
    if (standing === undefined) throw new SallyportError("custodian.store", { why: "no book" });
    return standing;
  }

  async #take({ input, ...offered }: Offered): Promise<Taken> {
    const inputMac = hmacHex(this.#parts.key, `sallyport/spool/v1/input\n${offered.procedure}\n${input}`);
    const waiting = this.waiting();
    const same = waiting.find(({ principal, idempotencyKey }) => principal === offered.principal && idempotencyKey === offered.idempotencyKey);
    if (same !== undefined) {
      if (same.inputMac !== inputMac || same.procedure !== offered.procedure) throw new SallyportError("input.idempotency_reused");
      return same;
    }
    const own = waiting.filter(({ workload }) => workload === offered.workload);
    const bytesWith = (rows: readonly Taken[]): number => rows.reduce((sum, each) => sum + each.bytes, Buffer.byteLength(input) + SEALING_BYTES);
    const standing = { requests: waiting.length, requestsOfWorkload: own.length, bytes: bytesWith(waiting), bytesOfWorkload: bytesWith(own) };
    if (this.#isBroken || !this.#rules.isWithin(this.#limits, standing)) throw new SallyportError("service.unavailable", { spool: "full" });
    const n = this.taken + 1;
    const head = { ...offered, receipt: newId("spl"), n, takenMs: this.#parts.now(), inputMac };
    const sealed = await sealRequest(this.#parts.recipient, { head, input });
    const taken: Taken = { ...head, bytes: sealed.length, sha256: sha256Hex(sealed) };
    try {
      this.#files.write(nameOf(taken), sealed);
    } catch (error) {
      throw new SallyportError("service.unavailable", { spool: "disk" }, error);
    }
    this.#book.put("taken", taken.receipt, taken);
    this.#book.put("book", "-", { spool: this.id, taken: n });
    try {
      await this.#book.durable();
    } catch (error) {
      this.#book.put("taken", taken.receipt, null);
      throw error;
    }
    return taken;
  }
}
