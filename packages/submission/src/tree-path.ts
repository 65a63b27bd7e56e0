/** UTF-8 bytes of a path in a sequence: what the European and ICH guidance allows a whole path, and what a tar header holds in any division. */
const PATH_MAX = 180;
const SEGMENT_MAX = 64;
const SEGMENTS_MAX = 16;
/** File and folder names of an eCTD (ICH M8 v3.2.2, appendix 2): letters, digits, `-`, `_` and, before an extension, `.`. */
const SEGMENT = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;
/** What some systems take for a device, whatever its extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

/** Why a path can't stand in a sequence; null where it can: relative, of plain segments, one file on any system. */
export function pathFault(path: string): string | null {
  if (path === "" || Buffer.byteLength(path, "utf8") > PATH_MAX) return `not of 1 to ${PATH_MAX} bytes`;
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) return "absolute";
  const segments = path.split("/");
  if (segments.length > SEGMENTS_MAX) return `of more than ${SEGMENTS_MAX} folders`;
  if (segments.some((segment) => segment === ".." || segment === "." || segment === "")) return "leads out of its folder, or names none";
  if (segments.some((segment) => segment.length > SEGMENT_MAX || !SEGMENT.test(segment))) return `a segment that isn't 1 to ${SEGMENT_MAX} letters, digits, "-", "_" and "."`;
  return segments.some((segment) => DEVICE.test(segment)) ? "a name that some systems take for a device" : null;
}

/** What two paths have in common that are one on a system which ignores case or composes letters. */
const folded = (path: string): string => path.normalize("NFC").toLowerCase().normalize("NFC");

/** The paths that can't stand beside the ones before them: the same, the same but for case or composition, or a folder where a file is. */
export function collidingPaths(paths: readonly string[]): readonly string[] {
  const files = new Set<string>();
  const folders = new Set<string>();
  return paths.filter((path) => {
    const own = folded(path);
    const above = foldersAbove(own);
    if (files.has(own) || folders.has(own) || above.some((folder) => files.has(folder))) return true;
    files.add(own);
    for (const folder of above) folders.add(folder);
    return false;
  });
}

function foldersAbove(path: string): readonly string[] {
  const found: string[] = [];
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) found.push(path.slice(0, at));
  return found;
}

/** Orders paths by their bytes: the one order in which a packet has them. */
export const byPath = ({ path: one }: { readonly path: string }, { path: other }: { readonly path: string }): number => (one < other ? -1 : one > other ? 1 : 0);
