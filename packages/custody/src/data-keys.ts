import { randomBytes, type KeyObject } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { canonicalJson, openBytes, sealBytes, secretKey, sha256Hex, unwrapDataKey, wrapDataKey, wrappedBy, type Wrapping } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { contextFields, joinWrapped, keyCommitment, splitWrapped } from "./key-commitment.ts";
import type { KeyStore } from "./key-kinds.ts";
import { activeKey, type KeptKey } from "./key-ring.ts";
import type { KeyAnswer } from "./message-codec.ts";
import type { KeyContext, RewrapAnswer, StoredKey } from "./model.ts";
import type { RootView } from "./standing.ts";
import type { RootKey } from "./root-key.ts";
import { openSpooledKey } from "./spool-key.ts";

const KEY_BYTES = 32;
const shareId = (context: KeyContext): string => sha256Hex(canonicalJson(contextFields(context)));

/** The place of a key-encryption key in its second sealing, under the root key. */
const kekPlace = (id: string): { scope: string; id: string; index: number; last: boolean } => ({ scope: "custodian/kek", id, index: 0, last: true });

/** A new key-encryption secret of this id, as a ring keeps it. @throws as {@link RootKey.derive}. */
export async function newKekSecret(rootKey: RootKey, id: string): Promise<string> {
  return sealBytes({ id: "root", key: await rootKey.derive("kek") }, kekPlace(id), randomBytes(KEY_BYTES)).toString("base64url");
}

/** The same key-encryption secret under another root key. @throws as {@link RootKey.derive}; where it doesn't open. */
export async function resealKekSecret(id: string, secret: string, from: RootKey, to: RootKey): Promise<string> {
  const kek = openBytes({ id: "root", key: await from.derive("kek") }, kekPlace(id), Buffer.from(secret, "base64url"));
  try {
    return sealBytes({ id: "root", key: await to.derive("kek") }, kekPlace(id), kek).toString("base64url");
  } finally {
    kek.fill(0);
  }
}

/** Who asks whether the root key is there asks every second, and waits for no longer than this; what asks a root key is itself bounded in time. */
const PRESENCE_MS = 300;

/** Opens the wrappings of one call: each key-encryption key once, and none is kept, so that taking the root key away ends it at once. */
class Keks {
  readonly #keys: readonly KeptKey[];
  readonly #rootKey: RootKey;
  readonly #opened = new Map<string, KeyObject>();

  constructor(keys: readonly KeptKey[], rootKey: RootKey) {
    this.#keys = keys;
    this.#rootKey = rootKey;
  }

  /** By the id that the envelope names, and no other. @throws `phi.integrity` for one that never was; `keys.unavailable` for one that isn't in use. */
  async open(id: string): Promise<KeyObject> {
    const known = this.#opened.get(id);
    if (known !== undefined) return known;
    const entry = this.#keys.find((key) => key.id === id);
    if (entry === undefined) throw new SallyportError("phi.integrity", { kek: id });
    if (entry.secret === null || (entry.state !== "active" && entry.state !== "retiring")) throw new SallyportError("keys.unavailable", { kek: id, why: entry.state });
    try {
      const kek = secretKey(openBytes({ id: "root", key: await this.#rootKey.derive("kek") }, kekPlace(id), Buffer.from(entry.secret, "base64url")));
      this.#opened.set(id, kek);
      return kek;
    } catch (error) {
      throw new SallyportError("keys.unavailable", { why: "root key" }, error);
    }
  }
}

/** Data keys: wrapped under the key-encryption key in use and a share that only the custodian has. */
export class DataKeys {
  readonly #store: KeyStore;
  readonly #rootKey: RootKey;
  readonly #now: () => number;
  #wasRootPresent = true;

  constructor(store: KeyStore, rootKey: RootKey, now: () => number) {
    this.#store = store;
    this.#rootKey = rootKey;
    this.#now = now;
  }

  /**
   * A new data key for each context, wrapped with the share that this context has or now gets. The shares are on disk before the answer leaves.
   * Until its owner is committed a share is pending; {@link DataKeys.sweep} ends it otherwise.
   *
   * @throws `keys.unavailable` while the root key is away.
   */
  async wrap(contexts: readonly KeyContext[]): Promise<readonly KeyAnswer[]> {
    const [keks, kekId] = [this.#keks(), this.#kekId()];
    const kek = await keks.open(kekId);
    const answers = contexts.map((context): KeyAnswer => {
      const dek = randomBytes(KEY_BYTES);
      const commitment = keyCommitment(context, dek);
      const wrapping = { kekId, kek, share: this.#shareFor(context), context: { ...contextFields(context), commitment } };
      return { wrapped: joinWrapped(wrapDataKey(wrapping, dek), commitment), key: dek.toString("base64url") };
    });
    await this.#store.durable();
    return answers;
  }

  /** Each key that opens in its context; one that doesn't is answered with its own code, the others aren't touched by it. */
  unwrap(items: readonly StoredKey[]): Promise<readonly KeyAnswer[]> {
    const keks = this.#keks();
    return each(items, async (item) => {
      if (item.context.purpose === "spooled") return { key: await openSpooledKey(this.#store, this.#rootKey, item.wrapped) };
      return { key: (await this.#open(keks, item)).dek.toString("base64url") };
    });
  }

  /** The same data keys under the key-encryption key in use; they don't leave. What is under it already stays as it is. */
  async rewrap(items: readonly StoredKey[]): Promise<readonly RewrapAnswer[]> {
    const [keks, kekId] = [this.#keks(), this.#kekId()];
    const kek = await keks.open(kekId);
    return each(items, async (item) => {
      const { dek, wrapping, sealed, commitment } = await this.#open(keks, item);
      let proof: Buffer | undefined;
      try {
        if (wrappedBy(sealed) === kekId) return { wrapped: item.wrapped };
        const anew = { ...wrapping, kekId, kek };
        const wrapped = wrapDataKey(anew, dek);
        // It takes the place of the only other form that there is: what doesn't open as the very key is no answer.
        proof = unwrapDataKey(anew, wrapped);
        if (!proof.equals(dek) || keyCommitment(item.context, proof) !== commitment) throw new SallyportError("phi.integrity", { context: item.context.id });
        return { wrapped: joinWrapped(wrapped, commitment) };
      } finally {
        dek.fill(0);
        proof?.fill(0);
      }
    });
  }

  /** Whether the root key is where it should be now; where finding out takes long, as it was found last. */
  async isRootPresent(): Promise<boolean> {
    const late = new AbortController();
    const opened = this.#keks()
      .open(this.#kekId())
      .then(
        () => true,
        () => false,
      )
      .then((isPresent) => (this.#wasRootPresent = isPresent));
    await Promise.race([opened, sleep(PRESENCE_MS, null, { signal: late.signal }).catch(() => null)]);
    late.abort();
    return this.#wasRootPresent;
  }

  /** How often the store was moved to another root key, when it last was, and whether that opens now. */
  async root(): Promise<RootView> {
    const moved = this.#store.get("rootmove", "-");
    return { moves: moved?.n ?? 0, movedAtMs: moved?.atMs ?? null, provider: moved?.to ?? null, isPresent: await this.isRootPresent() };
  }

  /** Confirms the shares whose owner is committed, and destroys those that no owner has claimed within the hour. */
  async sweep(owned: (contexts: readonly KeyContext[]) => Promise<readonly boolean[]>): Promise<void> {
    const pending = [...this.#store.all("share")].filter(([, share]) => !share.isConfirmed && this.#now() - share.atMs >= PENDING_MS).slice(0, SWEEP_MAX);
    if (pending.length === 0) return;
    const isOwned = await owned(pending.map(([, { context }]) => context));
    pending.forEach(([id, share], index) => {
      // Destroyed while the database was asked: it doesn't come back.
      if (this.#store.get("share", id) !== share) return;
      // A missing answer is no answer: only a plain "no" destroys.
      if (isOwned[index] === true) this.#store.put("share", id, { ...share, isConfirmed: true });
      else if (isOwned[index] === false) this.#store.put("share", id, null);
    });
    const destroyed = isOwned.filter((is) => is === false).length;
    if (destroyed > 0) this.#store.record("keys.swept", "shares", `${destroyed} orphaned shares destroyed`);
    await this.#store.durable();
  }

  #kekId(): string {
    return activeKey(this.#store.get("keyring", "kek")).id;
  }

  #keks(): Keks {
    return new Keks(this.#store.get("keyring", "kek")?.keys ?? [], this.#rootKey);
  }

  async #open(keks: Keks, { context, wrapped }: StoredKey): Promise<{ dek: Buffer; wrapping: Wrapping; sealed: string; commitment: string }> {
    const { sealed, commitment } = splitWrapped(wrapped);
    const kekId = wrappedBy(sealed);
    const kek = await keks.open(kekId);
    const share = this.#store.get("share", shareId(context));
    if (share === undefined) throw new SallyportError(this.#isShredded(context) ? "subject.shredded" : "phi.integrity", { context: context.id });
    const wrapping = { kekId, kek, share: Buffer.from(share.share, "base64url"), context: { ...contextFields(context), commitment } };
    return { dek: unwrapDataKey(wrapping, sealed), wrapping, sealed, commitment };
  }

  #isShredded({ purpose, id }: KeyContext): boolean {
    return purpose === "subject" && this.#store.get("shred", id) !== undefined;
  }

  #shareFor(context: KeyContext): Buffer {
    const id = shareId(context);
    const known = this.#store.get("share", id);
    if (known !== undefined) return Buffer.from(known.share, "base64url");
    if (this.#isShredded(context)) throw new SallyportError("subject.shredded", { context: context.id });
    const share = randomBytes(KEY_BYTES);
    this.#store.put("share", id, { context, share: share.toString("base64url"), isConfirmed: false, atMs: this.#now() });
    return share;
  }
}

/** A share that nobody's committed row has claimed for this long belongs to a transaction that failed. */
const PENDING_MS = 3_600_000;
const SWEEP_MAX = 1000;

type Refused = Extract<KeyAnswer, { readonly code: unknown }>;

async function each<A>(items: readonly StoredKey[], work: (item: StoredKey) => Promise<A>): Promise<readonly (A | Refused)[]> {
  const answers: (A | Refused)[] = [];
  for (const item of items) {
    try {
      answers.push(await work(item));
    } catch (error) {
      const code = error instanceof SallyportError ? error.code : null;
      answers.push({ code: code === "phi.integrity" || code === "subject.shredded" ? code : "keys.unavailable" });
    }
  }
  return answers;
}
