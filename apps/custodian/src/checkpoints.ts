import { type Break, checkpointOrigin, checkpointText, CompactRange, DeepVerifier, leafHash, lineOf, type NoteSigner, type SealedRecord, signNote } from "@sallyport/audit";
import type { SignedCheckpoint } from "@sallyport/custody";
import { SallyportError } from "@sallyport/errors";
import { auditKeyOf, markId, openGeneration } from "./seal.ts";
import type { Mark, Store } from "./store.ts";
import type { TrailReader } from "./trail-reader.ts";
import type { Verdicts } from "./verdicts.ts";

/**
 * Moves each chain's mark up to what is committed, and signs it. Every new record is verified on the way: its link, its
 * place and its MAC. What stands below a mark is never looked at again here; deep verification does that.
 */
export class Checkpoints {
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #store: Store;
  readonly #reader: TrailReader;
  readonly #verdicts: Verdicts;
  readonly #signer: NoteSigner;
  readonly #now: () => number;

  constructor(store: Store, reader: TrailReader, verdicts: Verdicts, signer: NoteSigner, now: () => number) {
    this.#store = store;
    this.#reader = reader;
    this.#verdicts = verdicts;
    this.#signer = signer;
    this.#now = now;
  }

  /** Signs the committed size and root of these chains. The marks are on disk before a signature leaves. @throws as {@link Checkpoints.advance}. */
  async sign(chains: readonly string[]): Promise<readonly SignedCheckpoint[]> {
    const marks: Mark[] = [];
    for (const chain of chains) marks.push(await this.advance(chain));
    await this.#store.durable();
    return marks.map(({ chain, generation, size, root }) => {
      const origin = checkpointOrigin(this.#store.deployment.deployment, chain, generation);
      return { chain, generation, size, root, note: signNote(checkpointText({ origin, size, root: Buffer.from(root, "hex") }), this.#signer) };
    });
  }

  /**
   * Verifies what was committed since the mark, and moves the mark. One at a time for each chain.
   *
   * @throws `verb.refused` where the chain is shorter than its mark, or a record isn't what was sealed there; `trail.unavailable`.
   */
  advance(chain: string): Promise<Mark> {
    const turn = (this.#turns.get(chain) ?? Promise.resolve()).then(() => this.#advance(chain));
    const settled = turn
      .catch(() => undefined)
      .then(() => {
        if (this.#turns.get(chain) === settled) this.#turns.delete(chain);
      });
    this.#turns.set(chain, settled);
    return turn;
  }

  async #advance(chain: string): Promise<Mark> {
    const { deployment } = this.#store.deployment;
    const generation = openGeneration(this.#store, chain);
    const mark = this.#store.get("mark", markId(chain, generation));
    const range = mark === undefined ? new CompactRange() : CompactRange.from(mark.frontier);
    const verifier = new DeepVerifier({ deployment, chain, generation, auditKey: auditKeyOf(this.#store), marks: [], ...(mark !== undefined && { after: mark }) });
    let marked: SealedRecord | undefined;
    try {
      // From the marked record itself on, so that a chain that was cut or replaced below its mark shows.
      for await (const records of this.#reader.records(chain, generation, Math.max(1, range.size), Number.MAX_SAFE_INTEGER)) {
        for (const record of records) {
          if (mark !== undefined && marked === undefined) marked = record;
          else if (verifier.push(record) === null && verifier.size > range.size) range.append(leafHash(lineOf(record.body, record.mac)));
        }
      }
    } catch (error) {
      throw new SallyportError("trail.unavailable", { chain }, error);
    }
    const broken = (mark === undefined ? null : flawAt(mark, marked)) ?? verifier.end();
    const atMs = Math.max(this.#now(), mark?.atMs ?? 0);
    this.#verdicts.add({ chain, generation, size: range.size, at: new Date(atMs).toISOString(), broken: broken && { seq: broken.seq, kind: broken.kind, why: broken.why } }, false);
    if (broken !== null) {
      await this.#store.durable();
      throw new SallyportError("verb.refused", { chain, seq: broken.seq, kind: broken.kind });
    }
    const next: Mark = { chain, generation, size: range.size, root: range.root().toString("hex"), mac: verifier.mac, frontier: range.toJSON(), atMs };
    if (next.size > (mark?.size ?? 0)) this.#store.put("mark", markId(chain, generation), next);
    return next;
  }
}

function flawAt({ size, mac }: Mark, marked: SealedRecord | undefined): Pick<Break, "seq" | "kind" | "why"> | null {
  if (marked === undefined) return { seq: size, kind: "rolled back", why: "the chain ends before what was signed" };
  if (marked.seq !== size) return { seq: size, kind: "missing", why: "the record that was signed as the head is not there" };
  return marked.mac === mac ? null : { seq: size, kind: "forked", why: "another record stands where one was signed as the head" };
}
