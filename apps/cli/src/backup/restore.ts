import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileRootKey, type RootKey, shredLines, SHREDS, shredsText } from "@sallyport/custody/journal";
import { headerOf, openRoot, type RootWrapper, wrappedRootKey } from "@sallyport/custody/roots";
import { SallyportError } from "@sallyport/errors";
import { copyFile, entriesBelow, flushDisks, writeNew } from "./copy-file.ts";
import { type Manifest, MANIFEST, MANIFEST_MAC, openPassword, readManifest } from "./manifest.ts";

export interface RestoreOptions {
  /** The backup. */
  readonly from: string;
  /** A folder that is empty, or isn't there. */
  readonly home: string;
  /** The file of the root key that the backup was made under; undefined where its store names another key. */
  readonly rootKeyFile?: string | undefined;
  /** The key that the backup's store names, where it names one. */
  readonly wrapper?: RootWrapper | null;
  /** The folder of a custodian's store that is still there: it is taken instead of the backup's. */
  readonly custodian?: string | undefined;
  /** A journal of shreds; `none` says that nothing was ever shredded. One beside the root key, or in `custodian`, is taken anyway. */
  readonly shreds?: string | undefined;
}

/** What was put back, and how many subjects stay shredded in it. */
export interface Restored extends Manifest {
  readonly shreds: number;
}

const STORE = "custodian/store.jsonl";

/**
 * Puts a backup into a new folder, whole or not at all. Each file is compared with the manifest as it is copied, and the manifest with its MAC before.
 *
 * @throws SallyportError `backup.unreadable`, `backup.key`, `backup.damaged` (names the file), `backup.exists`, `backup.shreds`; what reading the root key throws.
 */
export async function restore({ from, home, rootKeyFile, wrapper = null, custodian, shreds: named }: RestoreOptions): Promise<Restored> {
  const rootKey = await rootKeyOfBackup(from, rootKeyFile, wrapper);
  const manifest = await readManifest(from, rootKey);
  const password = await openPassword(rootKey, manifest);
  assertNothingElse(from, manifest);
  if (existsSync(home) && readdirSync(home).length > 0) throw new SallyportError("backup.exists", { file: home });
  const besides = [rootKeyFile === undefined ? null : join(dirname(rootKeyFile), SHREDS), custodian === undefined ? null : join(custodian, SHREDS)];
  const shreds = shredsOf(manifest.deployment, besides, named);
  const fresh = `${resolve(home)}.restoring`;
  rmSync(fresh, { recursive: true, force: true });
  try {
    for (const path of manifest.folders) mkdirSync(join(fresh, path), { recursive: true, mode: 0o700 });
    for (const { path, bytes, sha256 } of manifest.files) {
      const copied = await copyFile(join(from, path), join(fresh, path));
      if (copied === null || copied.bytes !== bytes || copied.sha256 !== sha256) throw new SallyportError("backup.damaged", { file: path });
    }
    if (custodian !== undefined) await takeStore(custodian, fresh);
    writeNew(join(fresh, "custodian", SHREDS), [Buffer.from(shreds.text)]);
    if (rootKeyFile !== undefined && headerOf(join(fresh, STORE)) === null) writeNew(join(fresh, "custodian/root.key"), [readFileSync(rootKeyFile)]);
    writeNew(join(fresh, "postgres/superuser.password"), [Buffer.from(`${password}\n`)]);
    flushDisks();
    mkdirSync(dirname(resolve(home)), { recursive: true });
    rmSync(home, { recursive: true, force: true });
    renameSync(fresh, home);
    return { ...manifest, shreds: shreds.count };
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw error;
  }
}

/** What the backup's store names is the key that it was made under. The line isn't proven yet, and proves itself: what it names has to open it. */
async function rootKeyOfBackup(from: string, rootKeyFile: string | undefined, wrapper: RootWrapper | null): Promise<RootKey> {
  const header = headerOf(join(from, STORE));
  if (header === null) {
    if (rootKeyFile === undefined) throw new SallyportError("secret.missing", { secret: "root.key", reason: "this backup was made under a file: name it with --root-key" });
    return fileRootKey(rootKeyFile);
  }
  if (wrapper === null || wrapper.provider !== header.provider)
    throw new SallyportError("setting.invalid", {
      setting: "SALLYPORT_ROOT_KEY",
      reason: `this backup was made under ${header.provider}`,
      remedy: "set it, and what it needs, as they were then",
    });
  (await openRoot(header, wrapper)).fill(0);
  return wrappedRootKey(header, wrapper);
}

/**
 * The backup's store may have what was destroyed since: all journals that are still there are put together, and the custodian proves each line, and destroys
 * again what it names, before it serves.
 *
 * @throws SallyportError `backup.shreds` where there is none; `backup.damaged` for one that is no journal of this deployment; `backup.unreadable` where the named
 * one isn't there.
 */
function shredsOf(deployment: string, places: readonly (string | null)[], named: string | undefined): { readonly text: string; readonly count: number } {
  const found = [...places, named === "none" ? null : (named ?? null)].filter((path) => path !== null && (path === named || existsSync(path)));
  if (found.length === 0 && named !== "none") throw new SallyportError("backup.shreds", {});
  const lines = new Set(found.flatMap((path) => readJournal(path as string, deployment)));
  return { text: shredsText(deployment, [...lines]), count: lines.size };
}

function readJournal(path: string, deployment: string): readonly string[] {
  try {
    return shredLines(path, deployment);
  } catch (error) {
    throw new SallyportError(existsSync(path) ? "backup.damaged" : "backup.unreadable", { file: path }, error);
  }
}

/** The custodian's own store knows more than a backup of it: what was signed since, whose key was destroyed, who was revoked. */
async function takeStore(custodian: string, fresh: string): Promise<void> {
  rmSync(join(fresh, STORE));
  if ((await copyFile(join(custodian, "store.jsonl"), join(fresh, STORE))) === null) throw new SallyportError("backup.unreadable", { file: join(custodian, "store.jsonl") });
}

/** A file that the manifest doesn't know could be one that the database takes for its own. */
function assertNothingElse(from: string, { files }: Manifest): void {
  const known = new Set([...files.map(({ path }) => path), MANIFEST, MANIFEST_MAC]);
  const stray = entriesBelow(from).files.find((path) => !known.has(path));
  if (stray !== undefined) throw new SallyportError("backup.damaged", { file: stray });
}
