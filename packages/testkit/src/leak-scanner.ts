import { decompressed } from "./decompress.ts";
import { needlesOf, NeedleIndex, type Spelling } from "./needles.ts";
import { unescapeJson, unescapeUrl } from "./unescape.ts";

/** One value that was found, and through which layers: `["compressed", "base64"]` is base64 inside a compressed stream. */
export interface Leak {
  readonly canary: string;
  readonly layers: readonly (Spelling | "json-escaped" | "url-escaped" | "compressed")[];
  /** Where in the innermost layer's bytes. */
  readonly offset: number;
}

const DEPTH_MAX = 3;

/**
 * Every canary that can be read out of the bytes: as UTF-8 or UTF-16, in hex of either case, in base64 or base64url at
 * any of the three alignments, behind JSON or URL escapes, and in any of these inside gzip, zlib or zip streams that
 * start anywhere, up to three layers deep. An empty answer says that none of these forms is there, and no more.
 *
 * @throws RangeError for a canary under 8 bytes, which would be found by chance.
 */
export function findCanaries(bytes: Buffer, canaries: readonly string[]): readonly Leak[] {
  const index = new NeedleIndex(canaries.flatMap(needlesOf));
  const leaks: Leak[] = [];
  let level: readonly Layer[] = [{ bytes, layers: [] }];
  for (let depth = 0; depth <= DEPTH_MAX; depth += 1) {
    for (const layer of level) leaks.push(...leaksIn(layer, index).filter((leak) => isNew(leak, leaks)));
    if (depth < DEPTH_MAX) level = level.flatMap(within);
  }
  return leaks;
}

interface Layer {
  readonly bytes: Buffer;
  readonly layers: Leak["layers"];
}

const leaksIn = ({ bytes, layers }: Layer, index: NeedleIndex): readonly Leak[] =>
  index.find(bytes).map(({ needle, offset }) => ({ canary: needle.canary, layers: [...layers, needle.spelling], offset }));

/** Each kind of escape is resolved once, JSON's last; JSON's escapes name letters, so no compressed stream is behind them. */
function within({ bytes, layers }: Layer): readonly Layer[] {
  if (layers.includes("json-escaped")) return [];
  const inner: Layer[] = Array.from(decompressed(bytes), (opened) => ({ bytes: opened, layers: [...layers, "compressed"] }));
  const json = unescapeJson(bytes);
  if (json !== null) inner.push({ bytes: json, layers: [...layers, "json-escaped"] });
  const url = layers.includes("url-escaped") ? null : unescapeUrl(bytes);
  if (url !== null) inner.push({ bytes: url, layers: [...layers, "url-escaped"] });
  return inner;
}

/** Unescaping leaves plain text as it was: what a shallower layer showed isn't told again. */
const isNew = (leak: Leak, known: readonly Leak[]): boolean =>
  !leak.layers.some((layer) => layer.endsWith("-escaped")) ||
  !known.some(({ canary, layers }) => canary === leak.canary && layers.at(-1) === leak.layers.at(-1) && layers.length < leak.layers.length);
