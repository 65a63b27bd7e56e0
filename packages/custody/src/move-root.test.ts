import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeOf, SallyportError } from "@sallyport/errors";
import { Encrypter } from "age-encryption";
import { expect, onTestFinished, test } from "vitest";
import { STANDS, type Stand } from "../test/root-stands.ts";
import { DataKeys, newKekSecret } from "./data-keys.ts";
import type { KeyKinds, KeyStore } from "./key-kinds.ts";
import { firstRing } from "./key-ring.ts";
import type { KeyContext } from "./model.ts";
import { isUnder, moveRoot } from "./move-root.ts";
import { headerOf, rootKeyOf } from "./open-root.ts";
import type { RootKey } from "./root-key.ts";
import type { RootWrapper } from "./root-wrapper.ts";
import { makeSpoolKey, spoolRecipient } from "./spool-key.ts";
import { SealedStore } from "./sealed-store.ts";

const context: KeyContext = { purpose: "subject", id: "sub_1", study: "S", site: "701" };
const lock = { assertHeld: () => undefined, release: () => undefined };

interface Opened {
  readonly store: SealedStore<KeyKinds> & KeyStore;
  readonly rootKey: RootKey;
  readonly keys: DataKeys;
  readonly said: string[];
}

/** A store with one key-encryption key, by what the settings name. */
async function open(home: string, wrapper: RootWrapper | null): Promise<Opened> {
  const path = join(home, "store.jsonl");
  const isEmpty = headerOf(path) === null && !readsAs(path);
  const { rootKey, header } = await rootKeyOf({ home, isEmpty, wrapper });
  const said: string[] = [];
  const sealed = new SealedStore<KeyKinds>({ path, key: await rootKey.derive("store"), lock, header, onFailure: () => undefined });
  const store = Object.assign(sealed, { record: (action: string, resource: string, detail: string) => void said.push(`${action} ${resource} ${detail}`) });
  if (isEmpty) store.put("keyring", "kek", firstRing("kek", await newKekSecret(rootKey, "kek-1"), 0));
  await makeSpoolKey(store, rootKey);
  await store.rewrite();
  return { store, rootKey, keys: new DataKeys(store, rootKey, () => 0), said };
}
const readsAs = (path: string): boolean => {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
};

/** The header of something that is sealed to an age recipient, base64url. */
async function headerTo(recipient: string): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const sealed = Buffer.from(await encrypter.encrypt("waits"));
  return sealed.subarray(0, sealed.indexOf("\n", sealed.indexOf("\n--- ") + 1) + 1).toString("base64url");
}

async function raised(): Promise<readonly Stand[]> {
  const stands: Stand[] = [];
  for (const { missing, stand } of STANDS) if (missing === null) stands.push(await stand());
  onTestFinished(() => stands.forEach((stand) => stand.close()));
  return stands;
}
function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), "move-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

test("a store moves from each provider to the next and back to a file, and opens what was wrapped before, by the new key and not by the old one", async () => {
  const home = newHome();
  const path = join(home, "store.jsonl");
  const stands = await raised();
  const first = await open(home, null);
  const [made] = await first.keys.wrap([context]);
  const item = { context, wrapped: (made as { wrapped: string }).wrapped };
  const header = await headerTo(spoolRecipient(first.store));
  const spooled = { context: { ...context, purpose: "spooled" as const }, wrapped: header };
  const fileKey = await first.keys.unwrap([spooled]);
  await first.store.close();
  let from: RootWrapper | null = null;
  let moves = 0;
  for (const to of [...stands.map((stand) => stand.wrapper()), stands[0]?.wrapper({ isOther: true }) as RootWrapper]) {
    const { store, rootKey, said, keys } = await open(home, from);
    const before = headerOf(path);
    expect(await keys.root()).toMatchObject({ moves: moves++, provider: before === null || from === null ? null : from.provider });
    expect(await isUnder(before, to)).toBe(false);
    const header = await moveRoot({ store, from: { rootKey, header: before }, to });
    await store.close();
    expect(said).toEqual([`root.moved root/${header.id} from=${before?.provider ?? "file"};was=${before?.id ?? "root.key"};to=${to.provider}`]);
    expect(headerOf(path)).toEqual(header);
    expect(await isUnder(headerOf(path), to)).toBe(true);
    expect(await open(home, from).catch(codeOf)).toMatch(/^(setting\.invalid|custodian\.store)$/);
    const again = await open(home, to);
    expect(await again.keys.unwrap([item])).toEqual([{ key: (made as { key: string }).key }]);
    // What is sealed to the spool's public key waits on, and opens.
    expect(await again.keys.unwrap([spooled])).toEqual(fileKey);
    // And goes on being written to.
    await again.keys.wrap([{ ...context, id: `sub_${to.provider}` }]);
    await again.store.close();
    from = to;
  }
});

test("a move whose target gives other bytes back than it was given, or is away in the middle, leaves the store as it was", async () => {
  const home = newHome();
  const path = join(home, "store.jsonl");
  const [stand] = await raised();
  const good = stand?.wrapper() as RootWrapper;
  await (await open(home, null)).store.close();
  const bytes = readFileSync(path);
  let calls = 0;
  const failing = (at: number, work: () => Promise<Buffer>): RootWrapper => ({ ...good, unwrap: (...all) => (++calls >= at ? work() : good.unwrap(...all)) });
  const away = (): Promise<Buffer> => Promise.reject(new SallyportError("keys.unavailable"));
  for (const [at, work] of [
    [1, () => Promise.resolve(Buffer.alloc(32, 1))],
    [1, away],
    [3, away],
    [4, () => Promise.resolve(Buffer.alloc(32, 1))],
    [4, away],
  ] as const) {
    calls = 0;
    const { store, rootKey } = await open(home, null);
    expect(await moveRoot({ store, from: { rootKey, header: null }, to: failing(at, work) }).catch(codeOf)).toBe("keys.unavailable");
    await store.close();
    expect(headerOf(path)).toBe(null);
  }
  expect(readFileSync(path).length).toBe(bytes.length);
  await (await open(home, null)).store.close();
});

test("a move whose old root key goes away in the middle leaves the store as it was, and what it wrapped opens", async () => {
  const home = newHome();
  const [stand] = await raised();
  const first = await open(home, null);
  const [made] = await first.keys.wrap([context]);
  const { wrapped, key } = made as { wrapped: string; key: string };
  await first.store.close();
  const { store, rootKey } = await open(home, null);
  const asked: string[] = [];
  const going: RootKey = { derive: (purpose) => (asked.push(purpose) > 1 ? Promise.reject(new SallyportError("keys.unavailable")) : rootKey.derive(purpose)) };
  expect(await moveRoot({ store, from: { rootKey: going, header: null }, to: stand?.wrapper() as RootWrapper }).catch(codeOf)).toBe("keys.unavailable");
  expect(asked).toEqual(["kek", "kek"]);
  // Whoever moves closes the store whatever came of it.
  await store.close();
  const again = await open(home, null);
  expect(await again.keys.unwrap([{ context, wrapped }])).toEqual([{ key }]);
  await again.store.close();
});

test("a line that names the root key and was altered stops the start", async () => {
  const home = newHome();
  const [stand] = await raised();
  const to = stand?.wrapper() as RootWrapper;
  const { store, rootKey } = await open(home, null);
  await moveRoot({ store, from: { rootKey, header: null }, to });
  await store.close();
  const path = join(home, "store.jsonl");
  const header = headerOf(path);
  const { rootKey: key } = await rootKeyOf({ home, isEmpty: false, wrapper: to });
  const other = JSON.stringify({ root: { ...header, key: "elsewhere" } });
  const opened = { path, key: await key.derive("store"), lock, onFailure: () => undefined };
  expect(() => new SealedStore({ ...opened, header: other })).toThrow(/store/);
  expect(() => new SealedStore({ ...opened, header: null })).toThrow(/store/);
});
