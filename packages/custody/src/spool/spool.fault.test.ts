import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secretKey, sha256Hex } from "@sallyport/crypto";
import { codeOf } from "@sallyport/errors";
import { faultTest } from "@sallyport/testkit";
import { afterEach, expect, test } from "vitest";
import { DataKeys } from "../data-keys.ts";
import type { KeyStore } from "../key-kinds.ts";
import { activeKey, firstRing } from "../key-ring.ts";
import { newKekSecret } from "../data-keys.ts";
import type { Custodian } from "../model.ts";
import type { RootKey } from "../root-key.ts";
import { makeSpoolKey, spoolRecipient } from "../spool-key.ts";
import { openSpool } from "./open-spool.ts";
import { filesIn } from "./spool-files.ts";
import { type Offered, Spool, SPOOL_LIMITS, type SpoolParts, strictSpoolRules } from "./spool.ts";
import { openRequest, requestBytes, type SpooledRequest, type Taken } from "./spooled-request.ts";

const folders: string[] = [];
const opened: Spool[] = [];
afterEach(async () => {
  for (const spool of opened.splice(0)) await spool.close().catch(() => undefined);
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The custodian's part in it, with its real keys and none of its wire. */
async function custody(): Promise<{ readonly custodian: Pick<Custodian, "wrap" | "unwrap">; readonly recipient: string; readonly takeRootAway: () => void }> {
  const kinds = new Map<string, Map<string, unknown>>();
  const of = (kind: string): Map<string, unknown> => kinds.get(kind) ?? kinds.set(kind, new Map()).get(kind) ?? new Map();
  const store: KeyStore = {
    get: (kind, id) => of(kind).get(id) as never,
    all: (kind) => of(kind) as never,
    put: (kind, id, value) => void (value === null ? of(kind).delete(id) : of(kind).set(id, value)),
    record: () => undefined,
    durable: () => Promise.resolve(),
    rewriteSoon: () => undefined,
  };
  let isAway = false;
  const key = secretKey(randomBytes(32));
  const rootKey: RootKey = { derive: () => (isAway ? Promise.reject(new Error("away")) : Promise.resolve(key)) };
  store.put("keyring", "kek", firstRing("kek", await newKekSecret(rootKey, "kek-1"), 0));
  expect(activeKey(store.get("keyring", "kek")).id).toBe("kek-1");
  await makeSpoolKey(store, rootKey);
  const keys = new DataKeys(store, rootKey, Date.now);
  const known = (answer: object): Buffer => {
    if (!("key" in answer)) throw Object.assign(new Error("code" in answer ? String(answer.code) : ""), { name: "Refused" });
    return Buffer.from(String(answer.key), "base64url");
  };
  return {
    recipient: spoolRecipient(store),
    takeRootAway: () => (isAway = true),
    custodian: {
      wrap: async (contexts) => (await keys.wrap(contexts)).map((answer) => ({ wrapped: "wrapped" in answer ? (answer.wrapped ?? "") : "", key: known(answer) })),
      unwrap: async (items) => (await keys.unwrap(items)).map(known),
    },
  };
}

const CONTENT = "canary of a site's own data";
const offered = (n: number, workload = "spiffe://d.sallyport/service/a"): Offered => ({
  workload,
  x5t: `thumbprint-${workload.slice(-1)}`.padEnd(43, "x"),
  principal: `svc_${workload.slice(-1)}`,
  scope: "packet.upload",
  jti: "jti_1",
  iatS: 1_790_000_000,
  procedure: "packets.upload",
  idempotencyKey: `key-of-the-test-${n}`,
  input: JSON.stringify({ content: `${CONTENT} ${n}` }),
});

async function scene(over: Partial<SpoolParts> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "spool-"));
  folders.push(folder);
  const { custodian, recipient, takeRootAway } = await custody();
  const open = async (): Promise<Spool> => {
    const { spool } = await openSpool({ folder, recipient, now: Date.now, ...over }, custodian);
    opened.push(spool);
    return spool;
  };
  const spool = await open();
  const unwrap = async (header: string): Promise<Buffer> =>
    (await custodian.unwrap([{ context: { purpose: "spooled", id: "-", study: "-", site: "-" }, wrapped: header }], 1000))[0] as Buffer;
  return { folder, custodian, recipient, spool, open, unwrap, takeRootAway };
}

const sealedFiles = (folder: string): readonly string[] => readdirSync(folder).filter((name) => name.endsWith(".age"));
/** Takes what stands in a file for what was taken, as it is where the book isn't asked. */
const withoutBook: typeof openRequest = (taken, sealed, unwrap) => openRequest({ ...taken, bytes: sealed.length, sha256: sha256Hex(sealed) }, sealed, unwrap);
/** Takes what opens, whoever it says it is from. */
const withoutHead: typeof openRequest = async (taken, sealed, unwrap) => {
  const heads = others.get(sha256Hex(sealed));
  return openRequest(heads ?? taken, sealed, unwrap);
};
const others = new Map<string, Taken>();

test("what is taken is on disk sealed, for its owner alone, and is there again after a restart, in order and whole", async () => {
  const { folder, spool, open, unwrap } = await scene();
  const taken = [await spool.take(offered(1)), await spool.take(offered(2, "spiffe://d.sallyport/service/b")), await spool.take(offered(3))];
  expect(taken.map(({ n }) => n)).toEqual([1, 2, 3]);
  for (const name of readdirSync(folder)) {
    expect([name, statSync(join(folder, name)).mode & 0o077]).toEqual([name, 0]);
    expect(readFileSync(join(folder, name)).includes(CONTENT)).toBe(false);
  }
  await spool.close();
  const again = await open();
  expect(again.waiting()).toEqual(taken);
  expect([again.id, again.taken, again.strays]).toEqual([spool.id, 3, 0]);
  for (const [at, each] of again.waiting().entries()) expect(await again.open(each, unwrap)).toBe(JSON.stringify({ content: `${CONTENT} ${at + 1}` }));
  for (const each of again.waiting()) await again.settle(each);
  expect(sealedFiles(folder)).toEqual([]);
  await again.close();
  // Numbers go on, under another key of the book.
  const third = await open();
  expect([third.id, (await third.take(offered(4))).n]).toEqual([spool.id, 4]);
});

test("the same request, offered again while it waits, is taken once, and its key is for no other request", async () => {
  const { folder, spool } = await scene();
  const first = await spool.take(offered(1));
  expect(await spool.take(offered(1))).toEqual(first);
  await expect(spool.take({ ...offered(1), input: "{}" })).rejects.toMatchObject({ code: "input.idempotency_reused" });
  expect(sealedFiles(folder)).toHaveLength(1);
});

test("without the root key nothing that was sealed opens, and what is sealed then opens when it is back", async () => {
  const { spool, unwrap, takeRootAway } = await scene();
  const taken = await spool.take(offered(1));
  takeRootAway();
  const later = await spool.take(offered(2));
  await expect(spool.open(taken, unwrap)).rejects.toThrow("keys.unavailable");
  expect(later.n).toBe(2);
});

faultTest("T14", "a sealed request that was altered in any byte, or cut short, is not opened", async (defence) => {
  const { folder, spool, unwrap } = await scene(defence === "on" ? {} : { rules: { ...strictSpoolRules, open: () => Promise.resolve({ input: "" } as SpooledRequest) } });
  const taken = await spool.take(offered(1));
  const path = join(folder, sealedFiles(folder)[0] ?? "");
  const whole = readFileSync(path);
  const places = [0, 30, 60, 120, 160, whole.length - 200, whole.length - 1];
  const altered = places.map((at) => Buffer.from(whole.map((byte, index) => (index === at ? byte ^ 1 : byte))));
  for (const bytes of [...altered, whole.subarray(0, whole.length - 1), whole.subarray(0, 100), Buffer.alloc(0), Buffer.concat([whole, Buffer.from("x")])]) {
    writeFileSync(path, bytes);
    const code = await spool.open(taken, unwrap).then(() => "opened", codeOf);
    expect(code).toBe("phi.integrity");
  }
  writeFileSync(path, whole);
  if (defence === "on") expect(await spool.open(taken, unwrap)).toContain(CONTENT);
});

faultTest("T14", "a sealed request is the one that the book has: one put in another's place, which bears another caller's thumbprint, is not opened", async (defence) => {
  const { folder, spool, unwrap } = await scene({ rules: { ...strictSpoolRules, open: defence === "on" ? withoutBook : withoutHead } });
  const [mine, theirs] = [await spool.take(offered(1)), await spool.take(offered(2, "spiffe://d.sallyport/service/b"))];
  const [first = "", second = ""] = sealedFiles(folder).toSorted();
  others.set(sha256Hex(readFileSync(join(folder, second))), theirs);
  cpSync(join(folder, second), join(folder, first));
  // Without the book's digest, what is inside the seal still says whose it is.
  expect(await spool.open(mine, unwrap).then(() => "opened", codeOf)).toBe("phi.integrity");
});

faultTest("T14", "a request that was removed, or whose order was changed by swapping files, is noticed", async (defence) => {
  const { folder, spool, unwrap } = await scene(defence === "on" ? {} : { rules: { ...strictSpoolRules, open: withoutHead } });
  const taken = [await spool.take(offered(1)), await spool.take(offered(2)), await spool.take(offered(3))];
  const names = sealedFiles(folder)
    .toSorted()
    .map((name) => join(folder, name));
  const [first = "", second = "", third = ""] = names;
  names.forEach((name, at) => others.set(sha256Hex(readFileSync(name)), taken[at] as Taken));
  renameSync(first, `${first}.x`);
  renameSync(second, first);
  renameSync(`${first}.x`, second);
  rmSync(third);
  const codes = await Promise.all(taken.map((each) => spool.open(each, unwrap).then(() => "opened", codeOf)));
  expect(codes).toEqual(["phi.integrity", "phi.integrity", "phi.integrity"]);
});

test("a book that was altered, cut or brought from elsewhere doesn't open: it is set aside whole, and another is begun", async () => {
  for (const harm of [
    (text: string) => text.replace(/.$/m, "A"),
    (text: string) => text.split("\n").slice(1).join("\n"),
    (text: string) => text.split("\n").reverse().slice(1).join("\n") + "\n",
  ]) {
    const { folder, spool, custodian, recipient } = await scene();
    await spool.take(offered(1));
    await spool.take(offered(2));
    await spool.close();
    writeFileSync(join(folder, "book.jsonl"), harm(readFileSync(join(folder, "book.jsonl"), "latin1")), "latin1");
    const again = await openSpool({ folder, recipient, now: Date.now }, custodian);
    opened.push(again.spool);
    expect(again.setAside).toMatch(/^aside-spool_/);
    expect(sealedFiles(join(folder, again.setAside ?? ""))).toHaveLength(2);
    expect([again.spool.waiting(), again.spool.id === spool.id]).toEqual([[], false]);
  }
});

test("a file that was put there, or that a crash left before it counted, is no request", async () => {
  const { folder, spool, open } = await scene();
  const taken = await spool.take(offered(1));
  await spool.close();
  const [name = ""] = sealedFiles(folder);
  const planted = name.replace("000000000001", "000000000002");
  cpSync(join(folder, name), join(folder, planted));
  writeFileSync(join(folder, `${planted.replace("2-", "3-")}.new`), "torn");
  const again = await open();
  expect([again.strays, again.waiting(), existsSync(join(folder, planted))]).toEqual([1, [taken], false]);
  expect(readdirSync(join(folder, "aside-strays"))).toEqual([planted]);
});

faultTest("T14", "a spool that is full, by number, by its share for one workload, or by bytes, takes nothing more", async (defence) => {
  const rules = defence === "on" ? strictSpoolRules : { ...strictSpoolRules, isWithin: () => true };
  for (const limits of [
    { ...SPOOL_LIMITS, requests: 2 },
    { ...SPOOL_LIMITS, requestsPerWorkload: 2 },
    { ...SPOOL_LIMITS, bytes: 2300 },
    { ...SPOOL_LIMITS, bytesPerWorkload: 2300 },
  ]) {
    const { folder, spool } = await scene({ limits, rules });
    await spool.take(offered(1));
    await spool.take(offered(2));
    expect(await spool.take(offered(3)).then(() => "taken", codeOf)).toBe("service.unavailable");
    expect([sealedFiles(folder).length, spool.taken]).toEqual([2, 2]);
  }
});

faultTest("T14", "what the disk doesn't take isn't taken: nothing is left of it, and what is taken next has its number", async (defence) => {
  let isFull = false;
  const folder = mkdtempSync(join(tmpdir(), "spool-"));
  folders.push(folder);
  const real = filesIn(folder);
  const full = (name: string, bytes: Uint8Array): void => {
    if (!isFull) return real.write(name, bytes);
    if (defence === "on") throw Object.assign(new Error("no space"), { code: "ENOSPC" });
  };
  const { recipient, custodian } = await custody();
  const { spool } = await openSpool({ folder, recipient, now: Date.now, files: { ...real, write: full } }, custodian);
  opened.push(spool);
  await spool.take(offered(1));
  isFull = true;
  expect(await spool.take(offered(2)).then(() => "taken", codeOf)).toBe("service.unavailable");
  isFull = false;
  expect((await spool.take(offered(3))).n).toBe(2);
  expect(sealedFiles(folder)).toHaveLength(2);
});

test("what is sealed has one spelling", () => {
  const { input, ...head } = offered(1);
  const request = { head: { ...head, receipt: "spl_00000000000000000000000000", n: 1, takenMs: 1_790_000_000_000, inputMac: "0".repeat(64) }, input };
  expect(requestBytes(request).toString("utf8")).toBe(
    '{"v":1,"receipt":"spl_00000000000000000000000000","n":1,"workload":"spiffe://d.sallyport/service/a","x5t":"thumbprint-axxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","principal":"svc_a","scope":"packet.upload","jti":"jti_1","iatS":1790000000,"procedure":"packets.upload","idempotencyKey":"key-of-the-test-1","takenMs":1790000000000,"inputMac":"0000000000000000000000000000000000000000000000000000000000000000","input":"{\\"content\\":\\"canary of a site\'s own data 1\\"}"}',
  );
});
