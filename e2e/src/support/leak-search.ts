import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findCanaries } from "@sallyport/testkit";

/** Something that was searched, and the values that could be read in it. */
export interface Finding {
  readonly place: string;
  readonly canary: string;
  readonly layers: readonly string[];
}

/** Searches a text that somebody was shown. */
export const searchText = (place: string, text: string, canaries: readonly string[]): readonly Finding[] => searchBytes(place, Buffer.from(text), canaries);

/** Searches every file below a folder, whatever it is called. A running database is stopped first: what is in its memory is in no file. */
export function searchFolder(folder: string, canaries: readonly string[]): readonly Finding[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).flatMap((name) => {
    const path = join(folder, name);
    return lstatSync(path).isFile() ? searchBytes(name, readFileSync(path), canaries) : [];
  });
}

const searchBytes = (place: string, bytes: Buffer, canaries: readonly string[]): readonly Finding[] =>
  findCanaries(bytes, canaries).map(({ canary, layers }) => ({ place, canary, layers }));
