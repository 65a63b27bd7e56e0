import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secretKey } from "@sallyport/crypto";
import { codeOf } from "@sallyport/errors";
import { afterAll, expect, test } from "vitest";
import { SealedStore } from "./sealed-store.ts";

interface Kinds {
  readonly note: string;
}
const folder = mkdtempSync(join(tmpdir(), "journal-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = (): string => join(folder, `store-${++files}.jsonl`);
const key = secretKey(Buffer.alloc(32, 5));
const lock = { assertHeld: () => undefined, release: () => undefined };
const open = (path: string, overrides: object = {}): SealedStore<Kinds> => new SealedStore<Kinds>({ path, key, lock, onFailure: () => undefined, ...overrides });
const notes = (store: SealedStore<Kinds>): string[] => [...store.all("note").values()];

async function written(count: number): Promise<{ path: string; bytes: Buffer }> {
  const path = newPath();
  const store = open(path);
  await store.rewrite();
  for (let n = 1; n <= count; n++) {
    store.put("note", String(n), `value ${n}`);
    await store.durable();
  }
  await store.close();
  return { path, bytes: readFileSync(path) };
}
const all = (count: number): string[] => Array.from({ length: count }, (_, index) => `value ${index + 1}`);

test("what was put is known after a restart, and nothing of it stands in the file", async () => {
  const { path, bytes } = await written(5);
  expect(notes(open(path))).toEqual(all(5));
  expect(bytes.includes("value")).toBe(false);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("cut at any byte of its last entries, the file gives a prefix of what was put, and says where a line was torn", async () => {
  const { bytes } = await written(4);
  const text = bytes.toString("latin1");
  const from = text.lastIndexOf("\n", text.lastIndexOf("\n", text.length - 2) - 1) + 1;
  const path = newPath();
  for (let length = from; length <= bytes.length; length++) {
    writeFileSync(path, bytes.subarray(0, length), { mode: 0o600 });
    const whole = text.slice(0, length).split("\n").length - 1;
    const store = open(path);
    expect(notes(store)).toEqual(all(whole));
    expect(store.wasTorn).toBe(text[length - 1] !== "\n");
  }
});

test("a torn store goes on where it was whole", async () => {
  const { path, bytes } = await written(4);
  writeFileSync(path, bytes.subarray(0, bytes.length - 10), { mode: 0o600 });
  const store = open(path);
  await store.rewrite();
  store.put("note", "again", "value again");
  await store.durable();
  await store.close();
  expect(notes(open(path))).toEqual([...all(3), "value again"]);
});

test("every flipped bit of every byte but the last newline is refused", async () => {
  const { bytes } = await written(2);
  const path = newPath();
  for (let at = 0; at < bytes.length - 1; at++) {
    const altered = Buffer.from(bytes);
    altered.writeUInt8(altered.readUInt8(at) ^ (1 << (at % 8)), at);
    writeFileSync(path, altered, { mode: 0o600 });
    let code = "opened";
    try {
      open(path);
    } catch (error) {
      code = codeOf(error);
    }
    expect([at, code]).toEqual([at, "custodian.store"]);
  }
});

test.each([
  ["two entries exchanged", (lines: string[]) => [lines[1], lines[0], lines[2]]],
  ["an entry left out", (lines: string[]) => [lines[0], lines[2]]],
  ["an entry twice", (lines: string[]) => [lines[0], lines[0], lines[1], lines[2]]],
  ["an empty line", (lines: string[]) => [lines[0], "", lines[1], lines[2]]],
] as const)("%s is refused", async (_name, change) => {
  const { path, bytes } = await written(3);
  writeFileSync(path, `${change(bytes.toString("latin1").trimEnd().split("\n")).join("\n")}\n`, { mode: 0o600 });
  expect(() => open(path)).toThrow("custodian.store");
});

test("an entry of another store under the same key doesn't fit", async () => {
  const one = await written(2);
  const other = await written(3);
  appendFileSync(one.path, `${other.bytes.toString("latin1").split("\n")[2]}\n`);
  expect(() => open(one.path)).toThrow("custodian.store");
});

test("another key opens nothing", async () => {
  const { path } = await written(1);
  expect(() => open(path, { key: secretKey(Buffer.alloc(32, 6)) })).toThrow("custodian.store");
});

test("a file that others can read is refused", async () => {
  const { path } = await written(1);
  chmodSync(path, 0o640);
  expect(() => open(path)).toThrow("secret.exposed");
});

test("those who wait together are all on disk when any of them is answered", async () => {
  const path = newPath();
  const store = open(path);
  await store.rewrite();
  await Promise.all(
    Array.from({ length: 200 }, async (_, n) => {
      if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      store.put("note", String(n), `value ${n}`);
      await store.durable();
      expect(open(path).get("note", String(n))).toBe(`value ${n}`);
    }),
  );
  await store.close();
});

test("a store with more history than facts is rewritten as it goes, and loses nothing", async () => {
  const path = newPath();
  const store = open(path);
  await store.rewrite();
  for (let n = 0; n < 25_000; n++) {
    store.put("note", String(n % 7), `value ${n}`);
    if (n % 500 === 0) await store.durable();
  }
  store.put("note", "0", null);
  await store.close();
  expect(readFileSync(path, "latin1").split("\n").length).toBeLessThan(15_000);
  expect(notes(open(path)).sort()).toEqual(
    [24_994, 24_995, 24_996, 24_997, 24_998, 24_999]
      .map((n) => `value ${n}`)
      .concat("value 24993")
      .filter((text) => text !== "value 24997")
      .sort(),
  );
}, 30_000);

test("who has lost the lock writes nothing more, for good", async () => {
  const path = newPath();
  let isHeld = true;
  const failures: unknown[] = [];
  const store = open(path, {
    onFailure: (error: unknown) => failures.push(error),
    lock: {
      ...lock,
      assertHeld: () => {
        if (!isHeld) throw new Error("lost");
      },
    },
  });
  await store.rewrite();
  const before = readFileSync(path);
  isHeld = false;
  store.put("note", "1", "late");
  await expect(store.durable()).rejects.toThrow("service.unavailable");
  isHeld = true;
  store.put("note", "2", "later");
  await expect(store.durable()).rejects.toThrow("service.unavailable");
  expect(readFileSync(path)).toEqual(before);
  expect(failures.length).toBe(2);
});
