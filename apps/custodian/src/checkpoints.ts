import { type Break, CompactRange, DeepVerifier, type Head, leafHash, lineOf, type SealedRecord, strayedHead } from "@sallyport/audit";
import type { SignedCheckpoint } from "@sallyport/custody";
import { type AuditEpochs, closingIncident, flawOfTurn, type Mark, markId, openGeneration, openingMark, signedCheckpoint, type TrailIncidents } from "@sallyport/custody/incidents";
import type { SigningKeys } from "@sallyport/custody/keys";
import { SallyportError } from "@sallyport/errors";
import type { Store } from "./store.ts";
import type { TrailReader } from "./trail-reader.ts";

/**
 * Moves each chain's mark up to what is committed, and signs it. Every new record is verified on the way: its link, its
 * place and its MAC. What stands below a mark is never looked at again here; deep verification does that.
 */
export class Checkpoints {
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #store: Store;
  readonly #reader: TrailReader;
  readonly #incidents: TrailIncidents;
  readonly #epochs: AuditEpochs;
  readonly #keys: Pick<SigningKeys, "active">;
  readonly #now: () => number;

  constructor(store: Store, reader: TrailReader, incidents: TrailIncidents, epochs: AuditEpochs, keys: Pick<SigningKeys, "active">, now: () => number) {
    this.#store = store;
    this.#reader = reader;
    this.#incidents = incidents;
    this.#epochs = epochs;
    this.#keys = keys;
    this.#now = now;
  }

  /**
   * Signs the committed size and root of these chains; of one that goes on in its next generation, the one that ends as well, before the one
   * that begins. The marks, and the turn of the key, are on disk before a signature leaves. @throws as {@link Checkpoints.advance}.
   */
  async sign(chains: readonly string[]): Promise<readonly SignedCheckpoint[]> {
    const marks: Mark[] = [];
    for (const chain of chains) marks.push(...(await this.advance(chain)));
    const { signer } = this.#keys.active();
    await this.#store.durable();
    return marks.map((mark) => signedCheckpoint(this.#store.deployment.deployment, mark, signer));
  }

  /**
   * Verifies what was committed since the mark, and moves the mark as far as that is whole. One at a time for each chain. Where the
   * database's head has left the generation, since an incident closed it or the audit key was turned, the next one is opened.
   *
   * @throws `verb.refused` where the chain is shorter than its mark, or a record isn't what was sealed there; `trail.unavailable`.
   */
  advance(chain: string): Promise<readonly Mark[]> {
    const turn = (this.#turns.get(chain) ?? Promise.resolve()).then(() => this.#advance(chain));
    const settled = turn
      .catch(() => undefined)
      .then(() => {
        if (this.#turns.get(chain) === settled) this.#turns.delete(chain);
      });
    this.#turns.set(chain, settled);
    return turn;
  }

  async #advance(chain: string): Promise<readonly Mark[]> {
    const { deployment } = this.#store.deployment;
    const generation = openGeneration(this.#store, chain);
    const mark = this.#store.get("mark", markId(chain, generation));
    const range = mark === undefined ? new CompactRange() : CompactRange.from(mark.frontier);
    const verifier = new DeepVerifier({ deployment, chain, generation, auditKey: this.#epochs.keyOf(chain, generation), marks: [], ...(mark !== undefined && { after: mark }) });
    let marked: SealedRecord | undefined;
    let head: Head | undefined;
    try {
      head = (await this.#reader.heads()).find((each) => each.chain === chain);
      // From the marked record itself on, so that a chain that was cut or replaced below its mark shows.
      for await (const records of this.#reader.records(chain, generation, Math.max(1, range.size), Number.MAX_SAFE_INTEGER)) {
        for (const record of records) {
          if (mark !== undefined && mark.size > 0 && marked === undefined) marked = record;
          else if (verifier.push(record) === null && verifier.size > range.size) range.append(leafHash(lineOf(record.body, record.mac)));
        }
      }
    } catch (error) {
      return unavailable(chain, error);
    }
    const closing = closingIncident(this.#store, chain);
    // Its next generation was begun by a record that was sealed here, and that is committed.
    const hasTurned = closing === undefined && head?.generation === generation + 1 && this.#epochs.isBegun(chain, generation + 1);
    const flaw = mark === undefined || mark.size === 0 ? null : flawAt(mark, marked);
    const strayed = hasTurned
      ? () => flawOfTurn(this.#reader, { chain, generation, seq: range.size, mac: verifier.mac }).catch((error: unknown) => unavailable(chain, error))
      : () => strayedHead(head, generation, range.size);
    const broken = flaw ?? verifier.end() ?? (closing === undefined ? await strayed() : null);
    const atMs = Math.max(this.#now(), mark?.atMs ?? 0);
    let signed = mark;
    if (flaw === null && range.size > (mark?.size ?? 0)) {
      signed = { chain, generation, size: range.size, root: range.root().toString("hex"), mac: verifier.mac, frontier: range.toJSON(), atMs };
      this.#store.put("mark", markId(chain, generation), signed);
    }
    await this.#incidents.take(
      { chain, generation, size: range.size, at: new Date(atMs).toISOString(), broken: broken && { seq: broken.seq, kind: broken.kind, why: broken.why } },
      "checkpoint",
    );
    if (closing !== undefined && head !== undefined) {
      const opened = await this.#incidents.goOn(closing.id, head);
      if (opened.length > 0) return signed === undefined ? opened : [signed, ...opened];
    }
    if (hasTurned && broken === null) {
      this.#store.put("mark", markId(chain, generation + 1), openingMark(chain, generation + 1, atMs));
      const next = await this.#advance(chain);
      return signed === undefined ? next : [signed, ...next];
    }
    if (broken !== null || closing !== undefined) throw new SallyportError("verb.refused", { chain, ...(broken !== null && { seq: broken.seq, kind: broken.kind }) });
    return [signed ?? { chain, generation, size: 0, root: range.root().toString("hex"), mac: verifier.mac, frontier: range.toJSON(), atMs }];
  }
}

function unavailable(chain: string, error: unknown): never {
  throw new SallyportError("trail.unavailable", { chain }, error);
}

function flawAt({ size, mac }: Mark, marked: SealedRecord | undefined): Pick<Break, "seq" | "kind" | "why"> | null {
  if (marked === undefined) return { seq: size, kind: "rolled back", why: "the chain ends before what was signed" };
  if (marked.seq !== size) return { seq: size, kind: "missing", why: "the record that was signed as the head is not there" };
  return marked.mac === mac ? null : { seq: size, kind: "forked", why: "another record stands where one was signed as the head" };
}
