import type { OutputOf } from "../api/procedures.ts";
import type { LocalFile } from "./file-reader.ts";

/** An upload that was begun and isn't complete. */
export type Unfinished = OutputOf<"packets.unfinished">["items"][number];

const FILES_MAX = 20;
const BYTES_MAX = 2_147_483_648;
const NAME_LENGTH_MAX = 255;
/** A file's own name, as the api takes it: no path, and no control character. */
const isName = (name: string): boolean => name.length > 0 && name.length <= NAME_LENGTH_MAX && !/[/\\]|\p{Cc}|\p{Cs}/u.test(name);

/** Why these files can't be one packet, in words; null where they can. */
export function whyNot(files: readonly Pick<LocalFile, "name" | "size">[]): string | null {
  if (files.length === 0) return "Choose at least one file.";
  if (files.length > FILES_MAX) return `A packet holds ${FILES_MAX} files at most, and these are ${files.length}.`;
  const empty = files.findIndex(({ size }) => size === 0);
  if (empty >= 0) return `File ${empty + 1} is empty.`;
  const odd = files.findIndex(({ name }) => !isName(name));
  if (odd >= 0) return `File ${odd + 1} has a name with characters that no file name should have, or is named too long.`;
  if (files.reduce((sum, { size }) => sum + size, 0) > BYTES_MAX) return "Together these files are larger than a packet may be: 2 GiB.";
  return null;
}

/**
 * The chosen files in the order in which the upload was begun, each found by its size; null where they aren't as many, or of other sizes.
 * Whether they hold the same bytes is seen by their digests, when all has been sent.
 */
export function matched<File extends Pick<LocalFile, "size">>(unfinished: Pick<Unfinished, "files">, chosen: readonly File[]): readonly File[] | null {
  if (chosen.length !== unfinished.files.length) return null;
  const left = [...chosen];
  const found = unfinished.files.flatMap(({ bytes }) => {
    const at = left.findIndex(({ size }) => size === bytes);
    return at < 0 ? [] : left.splice(at, 1);
  });
  return found.length === chosen.length ? found : null;
}
