import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { newId, secretKey } from "@sallyport/crypto";
import { codeOf, SallyportError } from "@sallyport/errors";
import type { Custodian, KeyContext } from "../model.ts";
import { filesIn } from "./spool-files.ts";
import { Spool, type SpoolParts } from "./spool.ts";

const DEADLINE_MS = 5000;
const BOOK = "book.jsonl";
const KEY_FILE = "book.key";
const CONTEXT: KeyContext = { purpose: "spool", id: "book", study: "-", site: "-" };

/** A spool that was opened, and what was found there. */
export interface OpenedSpool {
  readonly spool: Spool;
  /** The folder into which a spool was put that doesn't open; null where it did. */
  readonly setAside: string | null;
  /** How many files were put aside of which no line of the book ever spoke: {@link Spool.strays}. */
  readonly strays: number;
}

/**
 * Opens the spool of a folder under its book's key, which the custodian unwraps, or begins one. Where nothing waits, the book goes on under a new
 * key; while it is open, {@link rewrapBook} keeps its key under the key-encryption key in use. A spool whose key or book doesn't open, since it was altered, is set aside
 * whole, and another is begun: what it held stays for people to look at, and counts for nothing.
 *
 * @throws SallyportError `keys.unavailable` while the custodian or the key that wraps the book's is away; `custodian.locked`, `secret.exposed`.
 */
export async function openSpool(parts: Omit<SpoolParts, "key" | "begin">, custodian: Pick<Custodian, "wrap" | "unwrap">): Promise<OpenedSpool> {
  const { folder } = parts;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let begin: SpoolParts["begin"];
  let setAside: string | null = null;
  let strays = 0;
  try {
    const spool = await kept(parts, custodian);
    strays = spool?.strays ?? 0;
    if (spool !== null && spool.waiting().length > 0) return { spool, setAside, strays };
    if (spool !== null) {
      begin = { spool: spool.id, taken: spool.taken };
      await spool.close();
    }
    for (const name of [BOOK, KEY_FILE]) rmSync(join(folder, name), { force: true });
  } catch (error) {
    if (codeOf(error) !== "phi.integrity" && codeOf(error) !== "custodian.store") throw error;
    setAside = putAside(folder);
  }
  const [made] = await custodian.wrap([CONTEXT], DEADLINE_MS);
  if (made === undefined) throw new RangeError("wrap answers one key for each context");
  writeKey(folder, made.wrapped);
  return { spool: await Spool.open({ ...parts, key: secretKey(made.key), ...(begin !== undefined && { begin }) }), setAside, strays };
}

/**
 * Has the book's key wrapped under the key-encryption key in use; whoever has the spool open asks for it when that has turned, since once the one
 * before is retired the book wouldn't open again. The key stays the same, so a crash leaves one form of it or the other.
 *
 * @throws SallyportError `keys.unavailable` while that can't be done.
 */
export async function rewrapBook(folder: string, custodian: Pick<Custodian, "rotate">): Promise<void> {
  const wrapped = keyIn(folder);
  const { keys } = await custodian.rotate({ kind: "rewrap", items: [{ context: CONTEXT, wrapped }] }, DEADLINE_MS);
  const [anew] = keys;
  if (anew === undefined || "code" in anew) throw new SallyportError("keys.unavailable", { key: BOOK });
  if (anew.wrapped !== wrapped) writeKey(folder, anew.wrapped);
}

const keyIn = (folder: string): string => readFileSync(join(folder, KEY_FILE), "latin1").trim();

function writeKey(folder: string, wrapped: string): void {
  rmSync(join(folder, `${KEY_FILE}.new`), { force: true });
  filesIn(folder).write(KEY_FILE, Buffer.from(`${wrapped}\n`, "latin1"));
}

/** The spool that is there; null where there is none. A book without its key is none that opens. */
async function kept(parts: Omit<SpoolParts, "key" | "begin">, custodian: Pick<Custodian, "unwrap">): Promise<Spool | null> {
  const [book, file] = [join(parts.folder, BOOK), join(parts.folder, KEY_FILE)];
  if (!existsSync(file)) {
    if (existsSync(book)) throw new SallyportError("custodian.store", { why: "no key of the book" });
    return null;
  }
  const [key] = await custodian.unwrap([{ context: CONTEXT, wrapped: keyIn(parts.folder) }], DEADLINE_MS);
  return key === undefined ? null : Spool.open({ ...parts, key: secretKey(key) });
}

function putAside(folder: string): string {
  const name = `aside-${newId("spool")}`;
  mkdirSync(join(folder, name), { mode: 0o700 });
  for (const each of readdirSync(folder)) if (!each.startsWith("aside-") && !each.startsWith("custodian.lock")) renameSync(join(folder, each), join(folder, name, each));
  return name;
}
