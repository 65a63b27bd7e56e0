import { canonicalJson } from "@sallyport/crypto";
import { type BundleKeys, type BundleReader, KEYS_FILE } from "./bundle-model.ts";
import { fingerprintOf } from "./signed-note.ts";
import { handoverMembers, type KnownKey, knownKey, readHandovers } from "./stating-key.ts";

/** Spells `keys.json` for these verifier keys. */
export function keysText(vkeys: readonly string[], handovers: readonly string[] = []): string {
  const keys: BundleKeys = { ...handoverMembers(handovers), keys: vkeys.map((vkey) => ({ vkey, fingerprint: fingerprintOf(vkey) })) };
  return `${canonicalJson(keys)}\n`;
}

/** What `keys.json` says. */
export interface NamedKeys {
  /** The first states the bundle. */
  readonly vkeys: readonly string[];
  /** Notes, not verified yet. */
  readonly handovers: readonly string[];
}

/** What `keys.json` says, or null where it isn't what {@link keysText} spells. */
export async function readKeys(reader: BundleReader): Promise<NamedKeys | null> {
  try {
    const text = await reader.text(KEYS_FILE);
    const { v, keys, handovers: notes } = JSON.parse(text) as BundleKeys;
    const handovers = readHandovers(v, notes);
    const vkeys = keys.map(({ vkey }) => vkey);
    return handovers !== null && keysText(vkeys, handovers) === text ? { vkeys, handovers } : null;
  } catch {
    return null;
  }
}

/** The key that states a bundle, its handovers verified; null where one of these doesn't verify, or is another deployment's. */
export function knownKeyIn({ vkeys: [vkey], handovers }: NamedKeys): KnownKey | null {
  try {
    return vkey === undefined ? null : knownKey({ vkey, handovers });
  } catch {
    return null;
  }
}
