/** A file that was chosen, and where in what was chosen it lies: `export/site/keys.json`. */
export interface ChosenFile {
  readonly path: string;
  readonly file: File;
}

/** The files of one folder, which may be a bundle. */
export interface ChosenFolder {
  /** The folder's path in what was chosen; empty where the files were chosen by themselves. */
  readonly path: string;
  readonly files: readonly File[];
}

/** What every bundle has at least one of (docs/spec/bundle-v1.md). */
const MARKS = new Set(["statement.note", "manifest.json"]);
/** How the files of an excerpt, a signature's receipt and a record's proof are called (docs/spec/excerpt-v1.md, signature-receipt-v1.md, record-proof-v1.md). */
const ALONE = [".excerpt.jsonl", ".receipt.json", ".tlog-proof"];

/** The exports among chosen files: each folder that has what makes a bundle, each excerpt, each receipt, and each proof of a record. Where there is none, all of them as one, so that the verdict says what they are. */
export function bundlesOf(chosen: readonly ChosenFile[]): readonly ChosenFolder[] {
  const folders = new Map<string, File[]>();
  for (const { path, file } of chosen) {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  const all = [...folders].map(([path, files]): ChosenFolder => ({ path, files })).sort((one, other) => (one.path < other.path ? -1 : 1));
  const bundles = all.filter(({ files }) => files.some(({ name }) => MARKS.has(name)));
  const single = chosen.filter(({ path }) => ALONE.some((end) => path.endsWith(end))).map(({ path, file }): ChosenFolder => ({ path, files: [file] }));
  const exports = [...bundles, ...single];
  return exports.length > 0 ? exports : all.slice(0, 1);
}

/** Files of a browser's chooser: a folder's with their path in it. */
export const chosenByInput = (files: Iterable<File>): readonly ChosenFile[] => [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((resolve, reject) => entry.file(resolve, reject));

/** A browser gives a folder's entries in parts; an empty part ends them. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return entries;
    entries.push(...part);
  }
}

async function under(entry: FileSystemEntry): Promise<readonly ChosenFile[]> {
  if (entry.isFile) return [{ path: entry.fullPath.replace(/^\//, ""), file: await fileOf(entry as FileSystemFileEntry) }];
  const inside: ChosenFile[] = [];
  for (const each of await entriesOf(entry as FileSystemDirectoryEntry)) inside.push(...(await under(each)));
  return inside;
}

/**
 * Files that were dropped, folders with all that is in them. The entries are asked for at once: after a wait the browser has forgotten them.
 * @throws DOMException for what the browser can't read.
 */
export async function chosenByDrop({ items }: DataTransfer): Promise<readonly ChosenFile[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return (await Promise.all(entries.map(under))).flat();
}
