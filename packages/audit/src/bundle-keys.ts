import { canonicalJson } from "@sallyport/crypto";
import { type BundleKeys, type BundleReader, type HandedOver, KEYS_FILE } from "./bundle-model.ts";
import { keysBehind, openHandover } from "./handover.ts";
import { keyFingerprint, parseVkey } from "./signed-note.ts";

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

export const fingerprintOf = (vkey: string): string => keyFingerprint(parseVkey(vkey).raw);

/** The keys behind the one that states a bundle, by its handovers; null where one of these doesn't verify, or is another deployment's. */
export function keysBehindIn({ vkeys: [vkey], handovers }: NamedKeys): readonly string[] | null {
  try {
    return vkey === undefined ? null : keysBehind(vkey, handovers);
  } catch {
    return null;
  }
}

/**
 * The handovers that lead from the key of a fingerprint to the one that states a bundle, the first of them first, by the shortest way; none where it is that
 * key itself, or where none lead there.
 *
 * @param handovers - Notes that verify.
 */
export function handoversFrom(fingerprint: string, vkey: string, handovers: readonly string[]): readonly HandedOver[] {
  const turns = handovers.map(openHandover);
  const ways = new Map<string, readonly HandedOver[]>([[vkey, []]]);
  // The map grows while it is walked, nearest first.
  for (const [key, way] of ways)
    for (const { from, to, at } of turns) if (to === key && !ways.has(from)) ways.set(from, [{ from: fingerprintOf(from), to: fingerprintOf(to), at }, ...way]);
  for (const [key, way] of ways) if (fingerprintOf(key) === fingerprint) return way;
  return [];
}
