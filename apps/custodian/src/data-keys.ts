import { randomBytes, type KeyObject } from "node:crypto";
import { canonicalJson, openBytes, secretKey, sha256Hex, unwrapDataKey, wrapDataKey, wrappedBy, type Wrapping } from "@sallyport/crypto";
import { contextFields, joinWrapped, type KeyAnswer, type KeyContext, keyCommitment, parseUnwrapCall, parseWrapCall, splitWrapped } from "@sallyport/custody";
import { SallyportError } from "@sallyport/errors";
import { kekPlace } from "./founding.ts";
import type { Store } from "./store.ts";

const KEY_BYTES = 32;
const shareId = (context: KeyContext): string => sha256Hex(canonicalJson(contextFields(context)));

/**
 * Verb `wrap`: a new data key for each context, wrapped with the share that this context has or now gets. The shares are
 * on disk before the answer leaves. Until its owner is committed a share is pending; {@link sweepShares} ends it otherwise.
 *
 * @throws `keys.unavailable` while the root key is away.
 */
export async function wrap(store: Store, now: () => number, payload: Buffer): Promise<string> {
  const contexts = parseWrapCall(payload);
  const { id: kekId } = store.active("kek");
  const kek = await openKek(store, kekId);
  const answers = contexts.map((context): KeyAnswer => {
    const dek = randomBytes(KEY_BYTES);
    const commitment = keyCommitment(context, dek);
    const wrapping = { kekId, kek, share: shareFor(store, now, context), context: { ...contextFields(context), commitment } };
    return { wrapped: joinWrapped(wrapDataKey(wrapping, dek), commitment), key: dek.toString("base64url") };
  });
  await store.durable();
  return JSON.stringify(answers);
}

/** Verb `unwrap`: each key that opens in its context; one that doesn't is answered with its own code, the others aren't touched by it. */
export async function unwrap(store: Store, payload: Buffer): Promise<string> {
  const items = parseUnwrapCall(payload);
  const keks = new Map<string, KeyObject>();
  const answers: KeyAnswer[] = [];
  for (const { context, wrapped } of items) {
    try {
      const { sealed, commitment } = splitWrapped(wrapped);
      const kekId = wrappedBy(sealed);
      const kek = keks.get(kekId) ?? (await openKek(store, kekId));
      keks.set(kekId, kek);
      const share = store.get("share", shareId(context));
      if (share === undefined) throw new SallyportError("phi.integrity", { context: context.id });
      const wrapping: Wrapping = { kekId, kek, share: Buffer.from(share.share, "base64url"), context: { ...contextFields(context), commitment } };
      answers.push({ key: unwrapDataKey(wrapping, sealed).toString("base64url") });
    } catch (error) {
      answers.push({ code: error instanceof SallyportError && error.code === "phi.integrity" ? "phi.integrity" : "keys.unavailable" });
    }
  }
  return JSON.stringify(answers);
}

/** Whether the root key is where it should be now. */
export const isRootPresent = (store: Store): Promise<boolean> =>
  openKek(store, store.active("kek").id).then(
    () => true,
    () => false,
  );

// Opened at each use and kept nowhere, so that taking the root key away ends wrapping and unwrapping at once.
async function openKek(store: Store, kekId: string): Promise<KeyObject> {
  const entry = store.get("ring", kekId);
  if (entry?.ring !== "kek") throw new SallyportError("phi.integrity", { kek: kekId });
  try {
    return secretKey(openBytes({ id: "root", key: await store.rootKey.derive("kek") }, kekPlace(kekId), Buffer.from(entry.secret, "base64url")));
  } catch (error) {
    throw new SallyportError("keys.unavailable", { why: "root key" }, error);
  }
}

function shareFor(store: Store, now: () => number, context: KeyContext): Buffer {
  const id = shareId(context);
  const known = store.get("share", id);
  if (known !== undefined) return Buffer.from(known.share, "base64url");
  const share = randomBytes(KEY_BYTES);
  store.put("share", id, { context, share: share.toString("base64url"), isConfirmed: false, atMs: now() });
  return share;
}

/** A share that nobody's committed row has claimed for this long belongs to a transaction that failed. */
const PENDING_MS = 3_600_000;
const SWEEP_MAX = 1000;

/** Confirms the shares whose owner is committed, and destroys those that no owner has claimed within the hour. */
export async function sweepShares(store: Store, now: () => number, owned: (contexts: readonly KeyContext[]) => Promise<readonly boolean[]>): Promise<void> {
  const pending = [...store.all("share")].filter(([, share]) => !share.isConfirmed && now() - share.atMs >= PENDING_MS).slice(0, SWEEP_MAX);
  if (pending.length === 0) return;
  const isOwned = await owned(pending.map(([, { context }]) => context));
  pending.forEach(([id, share], index) => {
    // A missing answer is no answer: only a plain "no" destroys.
    if (isOwned[index] === true) store.put("share", id, { ...share, isConfirmed: true });
    else if (isOwned[index] === false) store.put("share", id, null);
  });
  const destroyed = isOwned.filter((is) => is === false).length;
  if (destroyed > 0) store.record("keys.swept", "shares", `${destroyed} orphaned shares destroyed`);
  await store.durable();
}
