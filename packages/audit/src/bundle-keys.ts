import { canonicalJson } from "@sallyport/crypto";
import { type BundleKeys, type BundleReader, KEYS_FILE } from "./bundle-model.ts";
import { keyFingerprint, parseVkey } from "./signed-note.ts";

/** Spells `keys.json` for these verifier keys. */
export function keysText(vkeys: readonly string[]): string {
  const keys: BundleKeys = { v: 1, keys: vkeys.map((vkey) => ({ vkey, fingerprint: keyFingerprint(parseVkey(vkey).raw) })) };
  return `${canonicalJson(keys)}\n`;
}

/** The verifier keys of `keys.json`, or null where it isn't what {@link keysText} spells. */
export async function readKeys(reader: BundleReader): Promise<readonly string[] | null> {
  try {
    const text = await reader.text(KEYS_FILE);
    const { keys } = JSON.parse(text) as BundleKeys;
    const vkeys = keys.map(({ vkey }) => vkey);
    return keysText(vkeys) === text ? vkeys : null;
  } catch {
    return null;
  }
}
