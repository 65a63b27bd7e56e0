import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileRootKey } from "@sallyport/custody/journal";
import { SallyportError } from "@sallyport/errors";
import { copyFile, entriesBelow, flushDisks, writeNew } from "./copy-file.ts";
import { type Manifest, MANIFEST, MANIFEST_MAC, openPassword, readManifest } from "./manifest.ts";

export interface RestoreOptions {
  /** The backup. */
  readonly from: string;
  /** A folder that is empty, or isn't there. */
  readonly home: string;
  /** The file of the root key that the backup was made under. */
  readonly rootKeyFile: string;
  /** The folder of a custodian's store that is still there: it is taken instead of the backup's. */
  readonly custodian?: string | undefined;
}

const STORE = "custodian/store.jsonl";

/**
 * Puts a backup into a new folder, whole or not at all. Each file is compared with the manifest as it is copied, and the manifest with its MAC before.
 *
 * @throws SallyportError `backup.unreadable`, `backup.key`, `backup.damaged` (names the file), `backup.exists`; what reading the root key throws.
 */
export async function restore({ from, home, rootKeyFile, custodian }: RestoreOptions): Promise<Manifest> {
  const rootKey = fileRootKey(rootKeyFile);
  const manifest = await readManifest(from, rootKey);
  const password = await openPassword(rootKey, manifest);
  assertNothingElse(from, manifest);
  if (existsSync(home) && readdirSync(home).length > 0) throw new SallyportError("backup.exists", { file: home });
  const fresh = `${resolve(home)}.restoring`;
  rmSync(fresh, { recursive: true, force: true });
  try {
    for (const path of manifest.folders) mkdirSync(join(fresh, path), { recursive: true, mode: 0o700 });
    for (const { path, bytes, sha256 } of manifest.files) {
      const copied = await copyFile(join(from, path), join(fresh, path));
      if (copied === null || copied.bytes !== bytes || copied.sha256 !== sha256) throw new SallyportError("backup.damaged", { file: path });
    }
    if (custodian !== undefined) await takeStore(custodian, fresh);
    writeNew(join(fresh, "custodian/root.key"), [readFileSync(rootKeyFile)]);
    writeNew(join(fresh, "postgres/superuser.password"), [Buffer.from(`${password}\n`)]);
    flushDisks();
    mkdirSync(dirname(resolve(home)), { recursive: true });
    rmSync(home, { recursive: true, force: true });
    renameSync(fresh, home);
    return manifest;
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw error;
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
