/** So much of a text is drawn at a time. */
export const PAGE_BYTES = 200_000;

/** How many pages a text of so many bytes is read in; an empty one has a page, too. */
export const textPages = (bytes: number): number => Math.max(1, Math.ceil(bytes / PAGE_BYTES));

/** Where the letter begins that a byte of UTF-8 belongs to the inside of, or the next one does. */
async function letterFrom(file: Blob, from: number): Promise<number> {
  const bytes = new Uint8Array(await file.slice(from, from + 3).arrayBuffer());
  const inside = [...bytes].findIndex((byte) => (byte & 0xc0) !== 0x80);
  return Math.min(file.size, from + (inside === -1 ? bytes.length : inside));
}

/**
 * A page of a text in UTF-8, from 0. Pages are cut between letters; all of them, one after the other, are the whole text but for the byte order mark at its beginning.
 * @throws TypeError where it isn't UTF-8.
 */
export async function textPage(file: Blob, at: number): Promise<string> {
  const [from, to] = [await letterFrom(file, at * PAGE_BYTES), await letterFrom(file, (at + 1) * PAGE_BYTES)];
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: at > 0 }).decode(await file.slice(from, to).arrayBuffer());
}

/** What isn't seen, or turns how others are seen: format and control characters, fillers and separators, but for tabs and ends of lines. */
const UNSEEN = /((?:(?![\t\n]|\r\n)[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\p{Zl}\p{Zp}])+)/u;

/** A text in parts, in their order: as it is, or, where nothing of it would be seen, what it is called. */
export const exactParts = (text: string): readonly { readonly text: string; readonly isMark: boolean }[] =>
  text
    .split(UNSEEN)
    .map((part, at) => ({ text: at % 2 === 0 ? part : Array.from(part, markOf).join(" "), isMark: at % 2 === 1 }))
    .filter((part) => part.text !== "");

const markOf = (letter: string): string => `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
