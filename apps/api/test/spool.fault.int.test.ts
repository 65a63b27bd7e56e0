import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { strictSpoolRules } from "@sallyport/custody/spool";
import { faultTest } from "@sallyport/testkit";
import { SallyportError } from "@sallyport/errors";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { FaultProxy, through } from "./fault-proxy.ts";
import { custodianWith } from "./faulty-custodian.ts";
import { policyKeptForGood } from "./lax-ports.ts";
import { sha256 } from "./upload-steps.ts";
import { callLater, newSpoolFolder, receiptOf, sealedIn, standingOf, standsIn, uploadOf } from "./spool-steps.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, principalOf, type ServeOptions, until, type Who } from "./stack.ts";

let at: Deployment;
let proxy: FaultProxy;
const folders: string[] = [];
beforeAll(async () => {
  at = await deployment();
  proxy = await FaultProxy.before(Number(new URL(at.apiUrl).port));
});
afterEach(() => {
  proxy.mend();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
afterAll(async () => {
  await proxy?.close();
  await at?.close();
});

const HOLD_MS = 300;
const folderOf = (): string => {
  const folder = newSpoolFolder();
  folders.push(folder);
  return folder;
};
/** An api whose database can be taken away. */
const serve = (folder: string, more: ServeOptions = {}): Promise<Api> =>
  at.serve({ ...more, spool: { folder, holdMs: HOLD_MS, ...more.spool }, pool: { url: through(at.apiUrl, proxy) } });
async function takeAway(api: Api): Promise<void> {
  proxy.cut();
  await until(() => isUndecidable(api));
}
function isUndecidable(api: Api): boolean {
  try {
    api.process.policy.current();
    return false;
  } catch {
    return true;
  }
}
const packets = async (): Promise<number> => (await at.owner.run<{ n: number }>`SELECT count(*)::integer AS n FROM ingress.packets`)[0]?.n ?? 0;
const settled = async (api: Api, token: string, receipt: string, who: Who = "ingest"): Promise<Awaited<ReturnType<typeof standingOf>>> => {
  let standing: Awaited<ReturnType<typeof standingOf>> | undefined;
  await until(async () => {
    const reply = await api.client(who).call("spool.status", { receipt }, token);
    standing = reply.status === 200 ? (dataOf(reply) as typeof standing) : undefined;
    return standing !== undefined && standing.state !== "waiting" && standing.state !== "unknown";
  }, 15_000);
  if (standing === undefined) throw new Error("no standing");
  return standing;
};
/** A request's file goes once its end is on record. */
const letGo = (folder: string): Promise<number> => until(() => sealedIn(folder).length === 0);
let keys = 0;
const newKey = (): string => `spooled-request-${String((keys += 1)).padStart(4, "0")}`;

test("while the database is away a service's write is sealed and kept, and afterwards it is done once, in order, each on record", async () => {
  const folder = folderOf();
  await using api = await serve(folder);
  const token = at.forge("ingest");
  const before = await packets();
  await takeAway(api);
  const asked = [newKey(), newKey(), newKey()].map((key, n) => ({ key, input: uploadOf(`810${n}`) }));
  const receipts: string[] = [];
  for (const { key, input } of asked) receipts.push(receiptOf(await callLater(api.client("ingest"), "packets.upload", input, token, key)));
  // Asked again, it is the same; and a key is for one request.
  expect(receiptOf(await callLater(api.client("ingest"), "packets.upload", asked[0]?.input, token, asked[0]?.key ?? ""))).toBe(receipts[0]);
  expect(codeOf(await callLater(api.client("ingest"), "packets.upload", uploadOf("8109"), token, asked[0]?.key ?? ""))).toBe("input.idempotency_reused");
  expect([sealedIn(folder).length, standsIn(folder, "8100"), standsIn(folder, "USUBJID"), standsIn(folder, token)]).toEqual([3, false, false, false]);
  proxy.mend();
  const ends = [];
  for (const receipt of receipts) ends.push(await settled(api, token, receipt));
  expect(ends.map(({ state }) => state)).toEqual(["replayed", "replayed", "replayed"]);
  expect(await packets()).toBe(before + 3);
  await letGo(folder);
  // The call itself, repeated with its key, has the answer that it would have had.
  for (const { key, input } of asked) expect(dataOf(await api.client("ingest").call("packets.upload", input, token, key))).toMatchObject({ state: "quarantined" });
  expect(await packets()).toBe(before + 3);

  const system = await at.records("system");
  const about = (receipt: string) => system.filter(({ resource }) => resource === `spool/${receipt}`).map(({ action, reason, principal }) => [action, reason, principal]);
  for (const receipt of receipts)
    expect(about(receipt)).toEqual([
      ["spool.take", "taken", "svc_ingest"],
      ["spool.replay", "replayed", "svc_ingest"],
    ]);
  const crossings = await at.records("site:PILOT/701");
  const order = ends.map(({ requestId }) => crossings.findIndex(({ request_id, reason }) => request_id === requestId && reason === "allowed"));
  expect(order.every((place) => place >= 0)).toBe(true);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  // Another service doesn't learn of it, nor of one that isn't there.
  const [foreign, absent] = [receipts[0] ?? "", `spl_${"0".repeat(26)}`];
  expect(await standingOf(api.client("ingest701"), at.forge("ingest701"), foreign)).toMatchObject({ state: "unknown", reason: null, requestId: null });
  expect(await standingOf(api.client("ingest701"), at.forge("ingest701"), absent)).toMatchObject({ state: "unknown", reason: null, requestId: null });
});

test("what isn't a service's write, isn't proven, or wasn't offered, is refused as it is without a spool", async () => {
  const folder = folderOf();
  await using api = await serve(folder);
  const token = at.forge("ingest");
  await takeAway(api);
  const later = (who: Who, procedure: string, input: object, bearer: string): Promise<string> => callLater(api.client(who), procedure, input, bearer, newKey()).then(codeOf);
  const [altered, old] = [`${token.slice(0, -8)}AAAAAAAA`, at.forge("ingest", { iatS: 1_700_000_000 })];
  const answers = await Promise.all([
    api.client("ingest").call("packets.upload", uploadOf("8201"), token).then(codeOf),
    callLater(api.client("ingest"), "packets.upload", uploadOf("8201"), token, newKey(), "behind").then(codeOf),
    later("ingest", "packets.list", {}, token),
    later("steward", "packets.release", { packetId: `pkt_${"0".repeat(26)}`, reason: "checked against the source" }, at.forge("steward")),
    later("reviewer", "subjects.reveal", { subjectId: `sub_${"0".repeat(26)}`, field: "DM.AGE", purpose: "safety", reason: "an adverse event" }, at.forge("reviewer")),
    // A token of another right; another's, an altered one, one that has expired.
    later("ingest", "packets.upload", uploadOf("8202"), at.forge("ingest", { scope: "packet.read" })),
    later("ingest701", "packets.upload", uploadOf("8202"), token),
    later("ingest", "packets.upload", uploadOf("8202"), altered),
    later("ingest", "packets.upload", uploadOf("8202"), old),
    // What it takes is looked at before it is kept.
    later("ingest", "packets.upload", { study: "PILOT", content: "x", more: 1 }, token),
    callLater(api.client("ingest"), "packets.upload", uploadOf("8202"), token, "short").then(codeOf),
  ]);
  const away = "policy.unavailable";
  expect(answers).toEqual([away, away, away, away, away, away, "token.binding", "token.signature", "token.time", "input.invalid", "input.idempotency_missing"]);
  expect(sealedIn(folder)).toEqual([]);
  proxy.mend();
});

test("an upload whose beginning or completing was kept goes on where it was after the replay; what comes meanwhile waits behind", async () => {
  const folder = folderOf();
  await using api = await serve(folder, { spool: { folder, holdMs: 2000 } });
  const token = at.forge("ingest");
  const client = api.client("ingest");
  const [content, name] = [(uploadOf("8701") as { content: string }).content, "dm.json"];
  const [begin, end, other] = [newKey(), newKey(), newKey()];
  const begun = { study: "PILOT", files: [{ name, bytes: Buffer.byteLength(content) }] };
  await takeAway(api);
  const first = receiptOf(await callLater(client, "packets.begin", begun, token, begin));
  proxy.mend();
  await until(() => !isUndecidable(api));
  // It could be served now: it waits behind what is there, so that the order holds.
  const behind = receiptOf(await callLater(client, "packets.upload", uploadOf("8702"), token, other, "behind"));
  expect((await settled(api, token, first)).state).toBe("replayed");
  expect((await settled(api, token, behind)).state).toBe("replayed");
  const { packetId } = dataOf(await client.call("packets.begin", begun, token, begin)) as { packetId: string };
  dataOf(await client.part({ packetId, file: 1, offset: 0 }, Buffer.from(content), token));
  await takeAway(api);
  const completed = { packetId, files: [{ n: 1, sha256: sha256(Buffer.from(content)) }] };
  const last = receiptOf(await callLater(client, "packets.complete", completed, token, end));
  proxy.mend();
  expect((await settled(api, token, last)).state).toBe("replayed");
  expect(dataOf(await client.call("packets.complete", completed, token, end))).toMatchObject({ packetId, state: "quarantined", rows: 1 });
});

faultTest("T14", "what was altered, removed or sent by a workload that is revoked by now is refused at the replay, on record, and the rest goes on", async (defence) => {
  const folder = folderOf();
  // Off: what stands in the files is not compared with the book.
  const blind: NonNullable<ServeOptions["spool"]>["parts"] = {
    rules: { ...strictSpoolRules, open: () => Promise.resolve({ head: {} as never, input: JSON.stringify(uploadOf("8501")) }) },
  };
  await using api = await serve(folder, { spool: { folder, holdMs: HOLD_MS, ...(defence === "off" && { parts: blind }) } });
  const token = at.forge("ingest");
  const before = await packets();
  const whose = defence === "on" ? "steward701" : "steward";
  await takeAway(api);
  const take = async (who: Who, subject: string): Promise<string> => receiptOf(await callLater(api.client(who), "packets.upload", uploadOf(subject), at.forge(who), newKey()));
  const [altered, removed, revoked, good] = [await take("ingest", "8502"), await take("ingest", "8503"), await take(whose, "8504"), await take("ingest", "8505")];
  const [first = "", second = ""] = sealedIn(folder);
  writeFileSync(
    first,
    readFileSync(first).map((byte, at_) => (at_ === 300 ? byte ^ 1 : byte)),
  );
  if (defence === "on") rmSync(second);
  if (defence === "on") await at.custodian.certificates.revoke(at.spiffe("steward701"));
  proxy.mend();
  expect((await settled(api, token, good)).state).toBe("replayed");
  const rows = await at.owner.run<{
    receipt: string;
    reason: string | null;
  }>`SELECT receipt, reason FROM ingress.spooled WHERE receipt IN (${altered}, ${removed}, ${revoked}) ORDER BY n`;
  expect(rows).toEqual([
    { receipt: altered, reason: "altered" },
    { receipt: removed, reason: "gone" },
    { receipt: revoked, reason: "workload.revoked" },
  ]);
  const record = (await at.records("system")).filter(
    ({ resource, action }) => action === "spool.replay" && [altered, removed, revoked].some((each) => resource === `spool/${each}`),
  );
  expect(record.map(({ decision, reason }) => [decision, reason])).toEqual([
    ["deny", "altered"],
    ["deny", "gone"],
    ["deny", "workload.revoked"],
  ]);
  expect(await packets()).toBe(before + 1);
  await letGo(folder);
});

test("a book that was put back, and a spool that was set aside, are on record", async () => {
  const folder = folderOf();
  const api = await serve(folder, { spool: { folder, holdMs: 60_000 } });
  await takeAway(api);
  const book = readFileSync(join(folder, "book.jsonl"));
  const receipt = receiptOf(await callLater(api.client("ingest"), "packets.upload", uploadOf("8601"), at.forge("ingest"), newKey()));
  proxy.mend();
  await api.close();
  // The book as it was before: the file that it doesn't know is put aside, and on record.
  writeFileSync(join(folder, "book.jsonl"), book);
  {
    await using again = await serve(folder);
    await until(async () => (await at.records("system")).some(({ action, reason }) => action === "spool.replay" && reason === "strays"));
    expect(again.process.policy.current()).toBeDefined();
  }
  writeFileSync(join(folder, "book.jsonl"), "no book\n");
  await using third = await serve(folder);
  await until(async () => (await at.records("system")).some(({ action, reason }) => action === "spool.replay" && reason === "set_aside"));
  expect(third.events.some((line) => line.includes("spool.found"))).toBe(true);
  expect(receipt).toMatch(/^spl_/);
});

test("while the custodian is away, or the trail can't be written, a service's write is kept too; what is long as well", async () => {
  const folder = folderOf();
  let isAway = false;
  const away = (): Promise<never> => Promise.reject(new SallyportError("service.unavailable"));
  await using api = await serve(folder, {
    custodian: (real) =>
      custodianWith(real, {
        seal: (batches, ms) => (isAway ? away() : real.seal(batches, ms)),
        wrap: (contexts, ms) => (isAway ? away() : real.wrap(contexts, ms)),
        unwrap: (items, ms) => (isAway ? away() : real.unwrap(items, ms)),
        status: (request, ms) => (isAway ? away() : real.status(request, ms)),
      }),
  });
  const token = at.forge("ingest");
  const before = await packets();
  isAway = true;
  const long = { study: "PILOT", content: `${(uploadOf("8302") as { content: string }).content}${" ".repeat(50_000)}` };
  const receipts = [
    receiptOf(await callLater(api.client("ingest"), "packets.upload", uploadOf("8301"), token, newKey())),
    receiptOf(await callLater(api.client("ingest"), "packets.upload", long, token, newKey())),
  ];
  isAway = false;
  for (const receipt of receipts) expect((await settled(api, token, receipt)).state).toBe("replayed");
  await at.forbidAppends();
  try {
    receipts.push(receiptOf(await callLater(api.client("ingest"), "packets.upload", uploadOf("8303"), token, newKey())));
  } finally {
    await at.allowAppends();
  }
  expect((await settled(api, token, receipts[2] ?? "")).state).toBe("replayed");
  expect(await packets()).toBe(before + 3);
});

const CHANGES: Readonly<Record<string, { readonly change: (id: string) => Promise<unknown>; readonly undo: (id: string) => Promise<unknown>; readonly reason: string }>> = {
  "that was suspended": {
    change: (id) => at.owner.run`UPDATE policy.principals SET status = 'suspended' WHERE id = ${id}`,
    undo: (id) => at.owner.run`UPDATE policy.principals SET status = 'active' WHERE id = ${id}`,
    reason: "token.revoked",
  },
  "whose role was ended": {
    change: (id) => at.owner.run`UPDATE policy.assignments SET until_ms = 1 WHERE principal = ${id}`,
    // An ended one stays ended: the next test takes another service.
    undo: () => Promise.resolve(),
    reason: "policy.denied",
  },
};
for (const [whose, { change, undo, reason }] of Object.entries(CHANGES)) {
  faultTest("T14", `what was kept of a service ${whose} meanwhile is decided anew, refused and on record with why`, async (defence) => {
    const folder = folderOf();
    const who = defence === "on" ? "ingest701" : "ingest";
    // Off: what held when it was taken holds at the replay.
    await using api = await serve(folder, defence === "off" ? { ports: policyKeptForGood } : {});
    dataOf(await api.call(who, "packets.unfinished", {}));
    const token = at.forge(who);
    const before = await packets();
    proxy.cut();
    if (defence === "on") await takeAway(api);
    const receipt = receiptOf(await callLater(api.client(who), "packets.upload", uploadOf("8401"), token, newKey()));
    await change(principalOf(who));
    try {
      proxy.mend();
      await until(async () => (await at.owner.run`SELECT 1 FROM ingress.spooled WHERE receipt = ${receipt} AND state <> 'waiting'`).length === 1, 15_000);
    } finally {
      await undo(principalOf(who));
    }
    const [row] = await at.owner.run<{ state: string; reason: string }>`SELECT state, reason FROM ingress.spooled WHERE receipt = ${receipt}`;
    expect(row).toEqual({ state: "refused", reason });
    expect(await packets()).toBe(before);
    await letGo(folder);
    expect((await at.records("system")).filter(({ resource }) => resource === `spool/${receipt}`).map((record) => record["reason"])).toEqual(["taken", reason]);
  });
}
