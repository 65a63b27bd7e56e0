import type { KeyObject } from "node:crypto";
import { type AuditKeys, type Break, type Head, isOpeningAfter, parseBody } from "@sallyport/audit";
import { secretKey } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { KeyStore } from "./key-kinds.ts";
import { activeKey, type KeyRing, type KeptKey } from "./key-ring.ts";
import type { CommittedHeads } from "./trail-incidents.ts";
import { type Mark, markId, openGeneration, type TrailMarkStore } from "./trail-marks.ts";

/**
 * Which audit key each generation has (docs/spec/custody-v1.md, section 10). A generation is given the key in use when its first record is sealed, and keeps it for good: so
 * a chain turns by going on in its next generation, and at every moment there is one key by which its next record can be sealed.
 */
export class AuditEpochs {
  readonly #store: TrailMarkStore & Pick<KeyStore, "get">;
  /** Of keys that were used, by id: every seal needs one. */
  readonly #keys = new Map<string, KeyObject>();
  #readAt = 0;
  #isFresh = false;
  /** The write that answers wait for: of a generation that was given its key, until that is on disk. */
  #settling: Promise<void> | null = null;

  constructor(store: TrailMarkStore & Pick<KeyStore, "get">) {
    this.#store = store;
  }

  /** The id of a generation's key. What was begun before there was a second key has the first. */
  idOf(chain: string, generation: number): string {
    return this.#store.get("epoch", markId(chain, generation))?.key ?? this.#firstId();
  }

  /** The id of the key by which a generation is verified. */
  verifyingIdOf(chain: string, generation: number): string {
    return this.#store.get("epoch", markId(chain, generation))?.key ?? this.#unbegunId();
  }

  /** The key that verifies a generation. @throws `keys.unavailable` where it was destroyed. */
  keyOf(chain: string, generation: number): KeyObject {
    return this.#key(this.verifyingIdOf(chain, generation));
  }

  /** As they are now, for a thread of its own. */
  all(): AuditKeys {
    const ids = new Map([...this.#store.all("epoch")].map(([id, { key }]) => [id, key]));
    const kept = this.#ring().keys.filter(({ secret }) => secret !== null);
    return { ids, first: this.#unbegunId(), keys: new Map(kept.map(({ id }) => [id, this.#key(id)])) };
  }

  /**
   * Whether a record may be sealed behind the open generation: its successor's first where the chain is to turn, and those behind it, which the custodian
   * hasn't seen committed yet.
   */
  mayFollow({ chain, generation, seq }: Omit<Head, "mac">): boolean {
    return seq === 0 ? this.isTurning(chain) : this.isBegun(chain, generation);
  }

  /** Whether the chain's open generation has another key than the one in use. */
  isTurning(chain: string): boolean {
    return this.idOf(chain, openGeneration(this.#store, chain)) !== activeKey(this.#ring()).id;
  }

  /** Whether a first record of this generation was ever sealed. */
  isBegun(chain: string, generation: number): boolean {
    return this.#store.get("epoch", markId(chain, generation)) !== undefined;
  }

  /**
   * The key by which to seal after this head. At a generation's beginning it is given one: where it has one that may seal, that, since what was sealed may be
   * on its way yet.
   *
   * @throws `verb.refused` where the generation's key seals no more.
   */
  sealing({ chain, generation, seq }: Omit<Head, "mac">): KeyObject {
    const { keys } = this.#ring();
    const known = this.#store.get("epoch", markId(chain, generation))?.key;
    const seals = (id: string): boolean => keys.some((key) => key.id === id && (key.state === "active" || key.state === "retiring"));
    if (seq === 0 && (known === undefined || !seals(known))) return this.#begin(chain, generation);
    const id = known ?? this.#firstId();
    if (!seals(id)) throw new SallyportError("verb.refused", { why: "key", chain });
    return this.#key(id);
  }

  /** The answer, once the journal has what the seals in it gave their generations, and what those before it did. */
  settled<T>(answer: T): T | Promise<T> {
    if (this.#isFresh) {
      this.#isFresh = false;
      const settling = this.#store.durable();
      this.#settling = settling;
      // One that fails ends the custodian; whoever waits for it hears of it.
      void settling.then(
        () => {
          if (this.#settling === settling) this.#settling = null;
        },
        () => undefined,
      );
    }
    return this.#settling === null ? answer : this.#settling.then(() => answer);
  }

  /** Chains, of which these heads are committed, that go on with this key. */
  sealedBy(id: string, heads: readonly Head[]): readonly string[] {
    return heads.filter(({ chain, generation, seq }) => seq > 0 && this.idOf(chain, generation) === id).map(({ chain }) => chain);
  }

  /** How many generations are kept whose records this key verifies. */
  kept(id: string): number {
    const isGone = ({ chain, generation }: Mark): boolean => this.#store.get("archived", markId(chain, generation))?.isGone === true;
    return [...this.#store.all("mark").values()].filter((mark) => this.idOf(mark.chain, mark.generation) === id && !isGone(mark)).length;
  }

  #begin(chain: string, generation: number): KeyObject {
    const { id } = activeKey(this.#ring());
    this.#store.put("epoch", markId(chain, generation), { key: id });
    // Without it the first key is meant, so only another one's has to be on disk before anything that it sealed.
    this.#isFresh ||= id !== this.#firstId();
    return this.#key(id);
  }

  #key(id: string): KeyObject {
    const ring = this.#ring();
    // One that was destroyed stays in nobody's memory.
    if (ring.at !== this.#readAt) this.#keys.clear();
    this.#readAt = ring.at;
    const known = this.#keys.get(id);
    const secret = ring.keys.find((key) => key.id === id)?.secret ?? null;
    if (secret === null) throw new SallyportError("keys.unavailable", { key: id });
    const key = known ?? secretKey(Buffer.from(secret, "base64url"));
    this.#keys.set(id, key);
    return key;
  }

  /** Of a generation without an entry: what the first key sealed has none. Once that is destroyed nothing is kept that it sealed, so such a one was never begun. */
  #unbegunId(): string {
    const ring = this.#ring();
    const [first] = ring.keys as readonly [KeptKey];
    return first.secret === null ? activeKey(ring).id : first.id;
  }

  #firstId(): string {
    return (this.#ring().keys[0] as KeptKey).id;
  }

  #ring(): KeyRing {
    const ring = this.#store.get("keyring", "audit");
    activeKey(ring);
    return ring as KeyRing;
  }
}

/**
 * What is wrong where a chain has gone on in its next generation for another audit key: that one's first record is there and cites where this one ended, or
 * somebody else began it. Null where nothing is. What that record is sealed with shows when its generation is verified.
 */
export async function flawOfTurn(reader: Pick<CommittedHeads, "records">, ended: Head): Promise<Pick<Break, "seq" | "kind" | "why"> | null> {
  const { chain, generation, seq } = ended;
  for await (const [first] of reader.records(chain, generation + 1, 1, 1)) if (first !== undefined && cites(first.body, ended)) return null;
  return { seq: seq + 1, kind: "inserted", why: `the store opened generation ${generation + 1} by itself, or behind another end` };
}

function cites(body: string, ended: Head): boolean {
  try {
    return isOpeningAfter(parseBody(body), ended);
  } catch {
    return false;
  }
}
