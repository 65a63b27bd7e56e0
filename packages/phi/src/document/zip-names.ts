import { isUtf8 } from "node:buffer";
import { refuse } from "../dataset-faults.ts";
import type { ZipEntry } from "./zip-directory.ts";

const NAME_MAX = 1024;
const SEGMENTS_MAX = 64;
const ASCII_MAX = 0x7f;
/** General purpose flag 11: the name is UTF-8 (APPNOTE 4.4.4). */
const UTF8_FLAG = 0x0800;
/** Type bits of a Unix mode, in the upper half of the external attributes (APPNOTE 4.4.15): a file, a folder, or nothing said. */
const TYPE_BITS = 0xf000;
const [TYPE_FILE, TYPE_FOLDER] = [0x8000, 0x4000];
const PLAIN_TYPES: ReadonlySet<number> = new Set([0, TYPE_FILE, TYPE_FOLDER]);

/**
 * Every name is a relative path of plain segments that is one file or folder on any system, and no two are the same on one that ignores case
 * or composes letters; none is a link or a device. Faults name an entry by its number: a name may say whose data it holds.
 *
 * @throws SallyportError `packet.invalid`.
 */
export function assertNames(entries: readonly ZipEntry[]): void {
  const named = new Set<string>();
  const files = new Set<string>();
  /** Folders that entries lie in, by the entry that said so first. */
  const folders = new Set<string>();
  for (const entry of entries) {
    const place = `entry ${entry.n}`;
    const name = nameOf(entry, place);
    const isFolder = name.endsWith("/");
    const path = isFolder ? name.slice(0, -1) : name;
    assertPlain(path, place);
    assertType(entry, isFolder, place);
    const folded = path.normalize("NFC").toLowerCase().normalize("NFC");
    const above = foldersAbove(folded);
    const isTaken = named.has(folded) || (!isFolder && folders.has(folded)) || above.some((folder) => files.has(folder));
    if (isTaken) refuse(place, "a name that another entry has, or that differs from it by case or composition alone");
    named.add(folded);
    if (!isFolder) files.add(folded);
    for (const folder of above) folders.add(folder);
  }
}

function nameOf({ flags, name, hasOtherName }: ZipEntry, place: string): string {
  const isMarked = (flags & UTF8_FLAG) !== 0;
  if (name.length === 0 || name.length > NAME_MAX) refuse(place, "no name, or one that is too long");
  if (isMarked ? !isUtf8(name) : name.some((byte) => byte > ASCII_MAX)) refuse(place, "a name that is neither ASCII nor marked as UTF-8");
  // A second name, for readers that know of it: they and the others would take the entry for two different ones.
  if (hasOtherName) refuse(place, "a second name");
  return name.toString("utf8");
}

function assertPlain(path: string, place: string): void {
  if (/[\p{Cc}\p{Cs}\\:]/u.test(path)) refuse(place, "a name with a backslash, a colon or a control character");
  const segments = path.split("/");
  if (segments.length > SEGMENTS_MAX) refuse(place, "a name with too many folders");
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) refuse(place, "a name that leads out of its folder");
}

function assertType({ attributes, size }: ZipEntry, isFolder: boolean, place: string): void {
  const type = (attributes >>> 16) & TYPE_BITS;
  if (!PLAIN_TYPES.has(type)) refuse(place, "a link or a device");
  if (isFolder ? type === TYPE_FILE || size > 0 : type === TYPE_FOLDER) refuse(place, "a folder with content, or a file that says it is a folder");
}

function foldersAbove(path: string): readonly string[] {
  const found: string[] = [];
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) found.push(path.slice(0, at));
  return found;
}
