import { canonicalJson } from "@sallyport/crypto";
import { type BundleKeys, type BundleReader, KEYS_FILE } from "./bundle-model.ts";
import { keysBehind } from "./handover.ts";
import { fingerprintOf } from "./stating-key.ts";

/** Spells `keys.json` for these verifier keys: version 2 where there are handovers, and version 1 where there is none. */
export function keysText(vkeys: readonly string[], handovers: readonly string[] = []): string {
  const named = vkeys.map((vkey) => ({ vkey, fingerprint: fingerprintOf(vkey) }));
  const keys: BundleKeys = handovers.length === 0 ? { v: 1, keys: named } : { v: 2, keys: named, handovers };
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
    const { keys, handovers = [] } = JSON.parse(text) as BundleKeys;
    const vkeys = keys.map(({ vkey }) => vkey);
    return keysText(vkeys, handovers) === text ? { vkeys, handovers } : null;
  } catch {
    return null;
  }
}

/** The keys behind the one that states a bundle, by its handovers; null where one of these doesn't verify, or is another deployment's. */
export function keysBehindIn({ vkeys: [vkey], handovers }: NamedKeys): readonly string[] | null {
  try {
    return vkey === undefined ? null : keysBehind(vkey, handovers);
  } catch {
    return null;
  }
}
