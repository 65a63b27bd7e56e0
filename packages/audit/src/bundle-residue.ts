import { readdir, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { SallyportError } from "@sallyport/errors";
import { directoryReader } from "./bundle-directory.ts";
import { bundleFiles, cosignedFile, leavesFile, MANIFEST_FILE, recordsFile } from "./bundle-model.ts";
import { leafHash } from "./tree-hash.ts";

/** What is there of one generation: whole records with their leaves, in order. */
export interface Residue {
  readonly rows: number;
  /** Without its newline; null where there is none. */
  readonly lastLine: string | null;
}

/**
 * Refuses a folder that an export can't be written into: it isn't empty, and doesn't hold an unfinished one alone. One that isn't there is fine.
 *
 * @throws SallyportError `bundle.exists`.
 */
export async function assertExportable(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const generations = names.flatMap((name) => /^(?:generation|leaves|checkpoints|cosigned)-([1-9][0-9]*)\./.exec(name)?.[1] ?? []).map(Number);
  assertUnfinished(names, generations);
}

function assertUnfinished(names: readonly string[], generations: readonly number[]): void {
  const known = [...bundleFiles(generations), ...generations.map(cosignedFile)];
  if (names.includes(MANIFEST_FILE) || names.some((name) => !known.includes(name))) throw new SallyportError("bundle.exists");
}

const NOTHING: Residue = { rows: 0, lastLine: null };

/**
 * Makes a folder ready for what is left of an export: nothing in it but the records and leaves of one that was cut off, which has no manifest yet.
 *
 * @throws SallyportError `bundle.exists` where anything else is in it.
 */
export async function clearForExport(folder: string, generations: readonly number[]): Promise<void> {
  const names = await readdir(folder);
  assertUnfinished(names, generations);
  const kept = generations.flatMap((generation) => [recordsFile(generation), leavesFile(generation)]);
  for (const name of names) if (!kept.includes(name)) await rm(join(folder, name));
}

/** Cuts what was left half-written off a generation's two files, and answers what stays. They say nothing by themselves: the bundle is verified as a whole. */
export async function trimResidue(folder: string, generation: number): Promise<Residue> {
  const [records, leaves] = [recordsFile(generation), leavesFile(generation)];
  const names = await readdir(folder);
  if (!names.includes(records) || !names.includes(leaves)) {
    for (const name of [records, leaves]) await rm(join(folder, name), { force: true });
    return NOTHING;
  }
  const reader = directoryReader(folder);
  const hashes = reader.lines(leaves)[Symbol.asyncIterator]();
  let residue = NOTHING;
  let [recordsBytes, leavesBytes] = [0, 0];
  for await (const text of reader.lines(records)) {
    const leaf: unknown = (await hashes.next()).value;
    const line = text.slice(0, -1);
    if (!text.endsWith("\n") || typeof leaf !== "string" || !leaf.endsWith("\n") || !leaf.startsWith(`${leafHash(line).toString("hex")} `)) break;
    residue = { rows: residue.rows + 1, lastLine: line };
    recordsBytes += Buffer.byteLength(text);
    leavesBytes += Buffer.byteLength(leaf);
  }
  await hashes.return?.();
  await truncate(join(folder, records), recordsBytes);
  await truncate(join(folder, leaves), leavesBytes);
  return residue;
}
