import { SallyportError } from "@sallyport/errors";
import { resealKekSecret } from "./data-keys.ts";
import type { KeyStore } from "./key-kinds.ts";
import { headerLine, newRoot, openRoot, type RootHeader, type RootWrapper, wrappedRootKey } from "./root-wrapper.ts";
import type { RootKey } from "./root-key.ts";
import { resealSpoolKey } from "./spool-key.ts";
import { SealedJournal } from "./sealed-journal.ts";
import type { SealedStore } from "./sealed-store.ts";

/** In their order. After each of them a crash leaves a store that one of the two opens: the old one up to `written`, the new one from `switched` on. */
export const MOVE_STEPS = ["wrapped", "resealed", "written", "proven", "switched"] as const;
export type MoveStep = (typeof MOVE_STEPS)[number];

export interface MoveOptions {
  readonly store: KeyStore & Pick<SealedStore<object>, "moveUnder">;
  readonly from: { readonly rootKey: RootKey; readonly header: RootHeader | null };
  readonly to: RootWrapper;
  /** Told of each step when it is done. For tests that end the process there. */
  readonly at?: (step: MoveStep) => void;
}

/**
 * Moves a store from its root key to a new root secret under another. What the old root key opens afterwards is what was copied before. One rename is the
 * whole change: up to it the old file stands untouched, and the new one was read back through the new key before. On the trail at the next start.
 *
 * @throws as {@link newRoot}; `keys.unavailable` where either root key is away; `custodian.store` where what was written doesn't read back.
 */
export async function moveRoot({ store, from, to, at = () => undefined }: MoveOptions): Promise<RootHeader> {
  const header = await newRoot(to);
  const line = headerLine(header);
  const rootKey = wrappedRootKey(header, to);
  at("wrapped");
  const ring = store.get("keyring", "kek");
  if (ring === undefined) throw new SallyportError("custodian.store", { ring: "kek" });
  const keys = await Promise.all(ring.keys.map(async (key) => (key.secret === null ? key : { ...key, secret: await resealKekSecret(key.id, key.secret, from.rootKey, rootKey) })));
  const spool = store.get("spoolkey", "-");
  const spoolKey = spool === undefined ? null : await resealSpoolKey(spool, from.rootKey, rootKey);
  const storeKey = await rootKey.derive("store");
  // From here to the rename nothing is asked of a root key: what is put would be written to the old file, where only the new one opens it.
  store.put("keyring", "kek", { ...ring, keys });
  if (spoolKey !== null) store.put("spoolkey", "-", spoolKey);
  store.put("rootmove", "-", { n: (store.get("rootmove", "-")?.n ?? 0) + 1, atMs: Date.now(), to: header.provider });
  store.record("root.moved", `root/${header.id}`, `from=${from.header?.provider ?? "file"};was=${from.header?.id ?? "root.key"};to=${header.provider}`);
  at("resealed");
  await store.moveUnder(storeKey, line, async (fresh) => {
    at("written");
    // Asked anew, not remembered: what opens it at the next start is what opens it now.
    const again = wrappedRootKey(header, to);
    const journal = new SealedJournal(
      fresh,
      await again.derive("store"),
      () => [],
      () => undefined,
      line,
    );
    let read: unknown = null;
    let readSpool: unknown = null;
    journal.read(({ kind, id, value }) => {
      if (kind === "keyring" && id === "kek") read = value;
      if (kind === "spoolkey") readSpool = value;
    });
    if (JSON.stringify([read, readSpool]) !== JSON.stringify([{ ...ring, keys }, spoolKey]))
      throw new SallyportError("custodian.store", { why: "what was written does not read back" });
    for (const key of keys) if (key.secret !== null) await resealKekSecret(key.id, key.secret, again, again);
    if (spoolKey !== null) await resealSpoolKey(spoolKey, again, again);
    at("proven");
  });
  at("switched");
  return header;
}

/** Whether a store's root secret is under this key already, as after a move whose answer was lost. @throws as {@link RootWrapper.unwrap} where that can't be told. */
export async function isUnder(header: RootHeader | null, wrapper: RootWrapper): Promise<boolean> {
  if (header === null || header.provider !== wrapper.provider || header.key !== wrapper.keyName) return false;
  try {
    (await openRoot(header, wrapper)).fill(0);
    return true;
  } catch (error) {
    if (error instanceof SallyportError && error.code === "custodian.store") return false;
    throw error;
  }
}
