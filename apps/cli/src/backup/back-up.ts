import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RootKey } from "@sallyport/custody/journal";
import { type BackupEnd, beginBaseBackup } from "@sallyport/db";
import { codeOf, SallyportError } from "@sallyport/errors";
import { type Copied, copyFile, entriesBelow, flushDisks, writeNew } from "./copy-file.ts";
import { type Manifest, manifestFiles, sealPassword } from "./manifest.ts";

export interface BackupOptions {
  /** The deployment's folder. */
  readonly home: string;
  /** A folder that is empty, or isn't there. */
  readonly out: string;
  readonly rootKey: RootKey;
  /** Whether the product runs on the folder; where it doesn't, the caller keeps it from starting. */
  readonly isRunning: boolean;
  readonly now: () => number;
  /** Begins the backup of a running server; for tests. */
  readonly begin?: typeof beginBaseBackup;
}

const DATA = "postgres/data";
const STORE = "custodian/store.jsonl";
/** Small files that a deployment is known by; no secret is in them. */
const SMALL: readonly string[] = ["founded.json", "revoked.json", "run/deployment.json"];
/** What a server makes anew at each start, or must not be found by another. */
const LEFT_OUT = /^(?:postmaster\.(?:pid|opts)|backup_label(?:\.old)?|tablespace_map(?:\.old)?|current_logfiles)$|(?:^|\/)(?:pgsql_tmp[^/]*|pg_internal\.init[^/]*)(?:\/|$)/;
/** Folders of which a running server's content means nothing to a copy; they have to be there, empty. */
const EMPTIED = /^(?:pg_dynshmem|pg_notify|pg_replslot|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans|pg_wal)\//;

/**
 * Copies the embedded database and the custodian's store, as they are at one moment, with what a restore needs beside them, but the root key.
 *
 * @throws SallyportError `backup.exists` where the folder isn't empty; `setting.invalid` where this home has no embedded database; what reading the root key throws.
 */
export async function backUp(options: BackupOptions): Promise<Manifest> {
  const { home, out, rootKey, isRunning, now } = options;
  if (!existsSync(join(home, DATA, "PG_VERSION")) || !existsSync(join(home, STORE)))
    throw new SallyportError("setting.invalid", {
      setting: "SALLYPORT_HOME",
      file: home,
      reason: "this folder has no embedded database and custodian's store",
      remedy: "back up another PostgreSQL by its own means; docs/runbooks/backup.md",
    });
  // First of all, so that nothing is copied that couldn't be put back.
  await rootKey.derive("backup");
  if (existsSync(out) && readdirSync(out).length > 0) throw new SallyportError("backup.exists", { file: out });
  mkdirSync(out, { recursive: true, mode: 0o700 });
  const { deployment } = JSON.parse(readFileSync(join(home, "run/deployment.json"), "utf8")) as { deployment: string };
  const copy = new Copy(home, out);
  try {
    if (isRunning) await copyRunning(options, copy);
    else await copyStopped(copy);
    const profiles = existsSync(join(home, "profiles")) ? readdirSync(join(home, "profiles")).map((name) => `profiles/${name}/profile.json`) : [];
    for (const path of [...SMALL, ...profiles]) await copy.file(path);
    const password = await sealPassword(rootKey, deployment, readFileSync(join(home, "postgres/superuser.password"), "utf8").trim());
    const manifest: Manifest = { v: 1, deployment, made: new Date(now()).toISOString(), running: isRunning, ...copy.made(), password };
    // Last, so that what has one is whole.
    for (const [name, text] of Object.entries(await manifestFiles(rootKey, manifest))) writeNew(join(out, name), [Buffer.from(text)]);
    flushDisks();
    return manifest;
  } catch (error) {
    rmSync(out, { recursive: true, force: true });
    throw error;
  }
}

/** What was copied so far. */
class Copy {
  readonly #home: string;
  readonly #out: string;
  readonly #folders = new Set<string>();
  readonly #files = new Map<string, Copied>();

  constructor(home: string, out: string) {
    this.#home = home;
    this.#out = out;
  }

  get data(): string {
    return join(this.#home, DATA);
  }

  folder(path: string): void {
    mkdirSync(join(this.#out, path), { recursive: true, mode: 0o700 });
    this.#folders.add(path);
  }

  /** Copies one of the home's files; one that isn't there any more is left out. */
  async file(path: string): Promise<void> {
    const copied = await copyFile(join(this.#home, path), join(this.#out, path));
    if (copied !== null) this.#files.set(path, copied);
  }

  content(path: string, bytes: Buffer): void {
    this.#files.set(path, writeNew(join(this.#out, path), [bytes]));
  }

  made(): Pick<Manifest, "folders" | "files"> {
    const files = [...this.#files].map(([path, copied]) => ({ path, ...copied }));
    return { folders: [...this.#folders].sort(), files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
  }
}

/** With nothing running, the files are the database. */
async function copyStopped(copy: Copy): Promise<void> {
  const { folders, files } = entriesBelow(copy.data);
  for (const path of folders.filter((each) => !LEFT_OUT.test(each))) copy.folder(`${DATA}/${path}`);
  for (const path of files.filter((each) => !LEFT_OUT.test(each))) await copy.file(`${DATA}/${path}`);
  await copy.file(STORE);
}

/**
 * While it runs: the files in any order, and at the end, in one moment in which nothing that is on record commits, the custodian's store and the end of the
 * database's backup. So the database holds whatever the store has signed, and the store has the key of whatever the database holds.
 */
async function copyRunning({ home, begin = beginBaseBackup }: BackupOptions, copy: Copy): Promise<void> {
  const backup = await begin(superuserUrl(home));
  try {
    const { folders, files } = entriesBelow(copy.data);
    for (const path of folders.filter((each) => !LEFT_OUT.test(each) && !EMPTIED.test(each))) copy.folder(`${DATA}/${path}`);
    for (const path of files.filter((each) => !LEFT_OUT.test(each) && !EMPTIED.test(each))) await copy.file(`${DATA}/${path}`);
    const end: BackupEnd<Buffer> = await backup.finish(() => readFileSync(join(home, STORE)));
    copy.content(STORE, end.meanwhile);
    copy.content(`${DATA}/backup_label`, Buffer.from(end.label));
    for (const segment of segmentsOf(copy.data, end)) await copy.file(`${DATA}/pg_wal/${segment}`);
  } finally {
    await backup.close();
  }
}

/** No later one: a start replays all that it finds. */
const segmentsOf = (data: string, { firstSegment, lastSegment }: Pick<BackupEnd<unknown>, "firstSegment" | "lastSegment">): readonly string[] =>
  readdirSync(join(data, "pg_wal")).filter((name) => /^[0-9A-F]{24}$/.test(name) && name >= firstSegment && name <= lastSegment);

function superuserUrl(home: string): string {
  const read = (name: string): string => readFileSync(join(home, "postgres", name), "utf8").trim();
  try {
    return `postgres://postgres:${read("superuser.password")}@127.0.0.1:${read("port")}/postgres`;
  } catch (error) {
    throw new SallyportError("database.unreachable", { file: join(home, "postgres"), code: codeOf(error) }, error);
  }
}
