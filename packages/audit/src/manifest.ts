import { canonicalJson } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import {
  type BundleReader,
  checkpointsFile,
  cosignedFile,
  DICTIONARY_FILE,
  type FileDigest,
  leavesFile,
  type Manifest,
  MANIFEST_FILE,
  type ManifestFile,
  NAMES_FILE,
  recordsFile,
} from "./bundle-model.ts";
import type { BundleDefence, Holds } from "./defence.ts";
import type { ExportStatement } from "./export-statement.ts";
import type { Break, BreakKind } from "./model.ts";

/** Spells `manifest.json`; files in order of their names. */
export function manifestText(files: readonly ManifestFile[]): string {
  const manifest: Manifest = { v: 1, files: files.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
  return `${canonicalJson(manifest)}\n`;
}

function isEntry(value: unknown): value is ManifestFile {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 3) return false;
  const { name, bytes, sha256 } = value as Partial<Record<keyof ManifestFile, unknown>>;
  return typeof name === "string" && Number.isSafeInteger(bytes) && typeof sha256 === "string";
}

async function readManifest(reader: BundleReader): Promise<readonly ManifestFile[] | null> {
  try {
    const text = await reader.text(MANIFEST_FILE);
    const { files } = JSON.parse(text) as Manifest;
    const isSpelt = files.every(isEntry) && new Set(files.map(({ name }) => name)).size === files.length && manifestText(files) === text;
    return isSpelt ? files : null;
  } catch {
    return null;
  }
}

async function isObject(reader: BundleReader, name: string): Promise<boolean> {
  try {
    const value: unknown = JSON.parse(await reader.text(name));
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** A file's digest, or null where what has its name can't be read as a file. */
export async function digestOf(reader: BundleReader, name: string): Promise<FileDigest | null> {
  try {
    return await reader.digest(name);
  } catch (error) {
    if (error instanceof SallyportError && error.code === "bundle.unreadable") return null;
    throw error;
  }
}

/**
 * Checks the manifest, and what nobody signs. Files of generations that are broken anyway are left out: their digest says nothing
 * more, and the located break should stand alone.
 */
export async function checkSideFiles(
  reader: BundleReader,
  files: ReadonlySet<string>,
  statement: ExportStatement,
  brokenGenerations: ReadonlySet<number>,
  holds: Holds<BundleDefence>,
): Promise<readonly Break[]> {
  const breaks = await sideBreaks(reader, files, statement, brokenGenerations);
  return holds("manifest", breaks.length === 0) ? [] : breaks;
}

async function sideBreaks(
  reader: BundleReader,
  files: ReadonlySet<string>,
  { chain, generations }: ExportStatement,
  brokenGenerations: ReadonlySet<number>,
): Promise<readonly Break[]> {
  const breaks: Break[] = [];
  const blame = (kind: BreakKind, why: string): number => breaks.push({ chain, generation: 0, seq: 0, kind, why });
  for (const name of [NAMES_FILE, DICTIONARY_FILE]) {
    if (files.has(name) && !(await isObject(reader, name))) blame("altered", `${name} is not a JSON object`);
  }
  if (!files.has(MANIFEST_FILE)) return breaks;
  const listed = await readManifest(reader);
  if (listed === null) {
    blame("altered", "the manifest is not one that an export writes");
    return breaks;
  }
  const explained = new Set([...brokenGenerations].flatMap((generation) => [recordsFile(generation), leavesFile(generation), checkpointsFile(generation)]));
  const known = new Set(["statement.note", "keys.json", NAMES_FILE, DICTIONARY_FILE, "README.txt"]);
  for (const { generation } of generations) for (const nameOf of [recordsFile, leavesFile, checkpointsFile]) known.add(nameOf(generation));
  // There where a witness cosigned; where the manifest has it, it has to be there still.
  const cosigned = generations.map(({ generation }) => cosignedFile(generation));
  for (const name of cosigned) {
    if (files.has(name)) known.add(name);
    else if (listed.some((file) => file.name === name)) blame("missing", `${name} is not there, and the manifest lists it`);
  }
  for (const name of known) {
    if (!files.has(name) || explained.has(name)) continue;
    const entry = listed.find((file) => file.name === name);
    if (entry === undefined) {
      blame("missing", `the manifest does not list ${name}`);
      continue;
    }
    const digest = await digestOf(reader, name);
    if (digest === null) {
      blame("altered", `${name} is not a plain file`);
      continue;
    }
    const { bytes, sha256 } = digest;
    if (bytes !== entry.bytes || sha256 !== entry.sha256) blame("altered", `${name} is not the file that the manifest lists`);
  }
  if (listed.some(({ name }) => !known.has(name) && !cosigned.includes(name))) blame("inserted", "the manifest lists a file that no bundle has");
  return breaks;
}
