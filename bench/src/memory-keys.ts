import { secretKey } from "@sallyport/crypto";
import { DataKeys, type KeyKinds, type KeyStore, newKekSecret } from "@sallyport/custody/keys";

const rootKey = { derive: () => Promise.resolve(secretKey(Buffer.alloc(32, 9))) };

/** What the custodian keeps, in memory: its data keys' cryptography, and nothing of its file. */
export class MemoryKeys implements KeyStore {
  readonly #known = new Map<string, unknown>();
  readonly #shares = new Map<string, KeyKinds["share"]>();
  get<K extends keyof KeyKinds>(kind: K, id: string): KeyKinds[K] | undefined {
    return (kind === "share" ? this.#shares : this.#known).get(id) as KeyKinds[K] | undefined;
  }
  all<K extends keyof KeyKinds>(kind: K): ReadonlyMap<string, KeyKinds[K]> {
    return (kind === "share" ? this.#shares : this.#known) as ReadonlyMap<string, KeyKinds[K]>;
  }
  put<K extends keyof KeyKinds>(kind: K, id: string, value: KeyKinds[K] | null): void {
    (kind === "share" ? this.#shares : this.#known).set(id, value as never);
  }
  record(): void {}
  rewriteSoon(): void {}
  durable(): Promise<void> {
    return Promise.resolve();
  }
}

/** The custodian's work on data keys over a store in memory, with `kek-1` in use and as many further key-encryption keys as are asked for. */
export async function memoryDataKeys(store: MemoryKeys, keks = 1): Promise<DataKeys> {
  const ids = Array.from({ length: keks }, (_, n) => `kek-${n + 1}`);
  const keys = await Promise.all(
    ids.map(async (id, n) => ({
      id,
      state: n === 0 ? ("active" as const) : ("retiring" as const),
      secret: await newKekSecret(rootKey, id),
      fromS: 0,
      untilS: n === 0 ? null : 0,
    })),
  );
  store.put("keyring", "kek", { ring: "kek", at: 0, last: null, keys });
  return new DataKeys(store, rootKey, Date.now);
}
