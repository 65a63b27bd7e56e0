import type { DataKey } from "@sallyport/crypto";
import type { ReferenceKeyStore } from "@sallyport/phi";
import type { KeyDesk, KeyPlace } from "./key-desk.ts";

/** The keys that belong to no subject: each for one purpose, wrapped by the custodian, made at founding. */
export interface ReferenceKeys {
  /** Finds a subject again by its USUBJID without storing it. */
  readonly lookup: DataKey;
  /** Names a subject in the trail (`ref:…`). Rotated only when compromised. */
  readonly reference: DataKey;
  /** Seals the place in a list, so that a cursor can't be made up or moved to another caller. */
  readonly cursor: DataKey;
  /** Seals free-text reasons and values of changes. */
  readonly change: DataKey;
}

const NAMES = ["lookup", "reference", "cursor", "change"] as const;
const placeOf = (id: string): KeyPlace => ({ purpose: "reference", id, study: "-", site: "-" });

/** Makes the reference keys that are missing. Idempotent: of two that race, the one that stored first is kept. */
export async function foundReferenceKeys(store: ReferenceKeyStore, desk: KeyDesk): Promise<void> {
  for (const id of NAMES) {
    if ((await store.get(id)) !== null) continue;
    const [made] = await desk.create([placeOf(id)]);
    if (made !== undefined) await store.putIfAbsent(id, made.wrapped);
  }
}

/** Opens the reference keys. Throws `keys.unavailable` where the custodian can't, and where founding never made them. */
export async function openReferenceKeys(store: ReferenceKeyStore, desk: KeyDesk): Promise<ReferenceKeys> {
  const items = await Promise.all(NAMES.map(async (id) => ({ place: placeOf(id), wrapped: (await store.get(id)) ?? "" })));
  const [lookup, reference, cursor, change] = await desk.openAll(items);
  return { lookup, reference, cursor, change } as ReferenceKeys;
}
