import { rmSync } from "node:fs";
import { faultTest } from "@sallyport/testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { FaultProxy, through } from "./fault-proxy.ts";
import { custodianWith } from "./faulty-custodian.ts";
import { Desk, type Enrolled, PASSWORD } from "./people.ts";
import { callLater, newSpoolFolder, receiptOf, sealedIn, standingOf, uploadOf } from "./spool-steps.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, principalOf, type ServeOptions, until } from "./stack.ts";

const REASON = "the sender has sent them again";
/** Nothing is replayed by the clock before a test is over. */
const HOLD_MS = 600_000;

let at: Deployment;
let proxy: FaultProxy;
let desk: Desk;
let founders: readonly [Enrolled, Enrolled];
const folders: string[] = [];
beforeAll(async () => {
  at = await deployment();
  proxy = await FaultProxy.before(Number(new URL(at.apiUrl).port));
  desk = await Desk.of(at);
  await using api = await at.serve();
  founders = await desk.found(api);
}, 60_000);
afterEach(() => {
  proxy.mend();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
afterAll(async () => {
  desk?.close();
  await proxy?.close();
  await at?.close();
});

const folderOf = (): string => {
  const folder = newSpoolFolder();
  folders.push(folder);
  return folder;
};
const serve = (folder: string, { holdMs = HOLD_MS, ...more }: Omit<ServeOptions, "spool"> & { readonly holdMs?: number } = {}): Promise<Api> =>
  at.serve({ ...more, spool: { folder, holdMs }, pool: { url: through(at.apiUrl, proxy) } });

let keys = 0;
/** Hands over an upload of each subject while the database is away, and waits until it is entered; answers the receipts. */
async function handOver(api: Api, subjects: readonly string[]): Promise<readonly string[]> {
  proxy.cut();
  await until(() => {
    try {
      return api.process.policy.current() === null;
    } catch {
      return true;
    }
  });
  const receipts: string[] = [];
  for (const subject of subjects) {
    const key = `discarded-request-${String((keys += 1)).padStart(4, "0")}`;
    receipts.push(receiptOf(await callLater(api.client("ingest"), "packets.upload", uploadOf(subject), at.forge("ingest"), key)));
  }
  proxy.mend();
  for (const receipt of receipts) await until(async () => (await at.owner.run`SELECT 1 FROM ingress.spooled WHERE receipt = ${receipt}`).length === 1, 15_000);
  return receipts;
}
const rowsOf = (receipts: readonly string[]) =>
  at.owner.run<{ n: string; state: string; approval: string | null; has_gone: boolean }>`
    SELECT n, state, approval, let_go_ms IS NOT NULL AS has_gone FROM ingress.spooled WHERE receipt = ANY (string_to_array(${receipts.join(" ")}, ' ')) ORDER BY n`;
const packets = async (): Promise<number> => (await at.owner.run<{ n: number }>`SELECT count(*)::integer AS n FROM ingress.packets`)[0]?.n ?? 0;
const recordsOf = async (receipt: string) => (await at.records("system")).filter(({ resource }) => resource === `spool/${receipt}`);
/** What the node found wrong with its book, its files or its count. */
const findings = async (): Promise<readonly string[]> =>
  (await at.records("system")).filter(({ action, decision }) => action === "spool.replay" && decision === "error").map(({ reason }) => String(reason));

interface Asked {
  readonly approvalId: string;
  readonly digest: string;
}
const ask = async (api: Api, receipts: readonly string[]) => desk.call(api, await desk.signIn(api, founders[0]), "approvals.requestSpoolDiscard", { receipts, reason: REASON });
const askedOf = (reply: Awaited<ReturnType<typeof ask>>): Asked => (dataOf(reply) as { approval: Asked }).approval;
async function approve(api: Api, { approvalId, digest }: Asked): Promise<string> {
  const session = await desk.signIn(api, founders[1]);
  const proof = { kind: "password", password: PASSWORD, totp: await desk.code(founders[1]) };
  return codeOf(await desk.call(api, session, "approvals.decide", { approvalId, digest, verdict: "approve", reason: REASON, proof }));
}

test("what waits is discarded upon two people's word: removed unopened, told to its sender, on record by number and digest, and the book's count holds", async () => {
  const folder = folderOf();
  let asked: Asked;
  let receipts: readonly string[];
  const before = await packets();
  {
    await using api = await serve(folder);
    receipts = await handOver(api, ["8801", "8802"]);
    expect(codeOf(await api.call("reviewer", "approvals.requestSpoolDiscard", { receipts, reason: REASON }))).toBe("policy.denied");
    expect(codeOf(await ask(api, [...receipts, `spl_${"0".repeat(26)}`]))).toBe("spool.state");
    asked = askedOf(await ask(api, receipts));
    const own = await desk.call(api, await desk.signIn(api, founders[0]), "approvals.get", { approvalId: asked.approvalId });
    expect(dataOf(own)).toMatchObject({ whyNot: "own_request", effect: [{ what: "requests of svc_ingest" }, { what: expect.stringContaining("SHA-256") }] });
    expect([sealedIn(folder).length, (await rowsOf(receipts)).map(({ state }) => state)]).toEqual([2, ["waiting", "waiting"]]);
    expect(await approve(api, asked)).toBe("ok");
    await until(() => sealedIn(folder).length === 0);
    expect(await rowsOf(receipts)).toEqual([1, 2].map((n) => ({ n: String(n), state: "discarded", approval: asked.approvalId, has_gone: true })));
    expect(await standingOf(api.client("ingest"), at.forge("ingest"), receipts[0] ?? "")).toMatchObject({ state: "discarded", reason: null, requestId: null });
    for (const receipt of receipts) {
      const [taken, removed, ...more] = await recordsOf(receipt);
      expect([taken?.reason, removed?.action, removed?.reason, more]).toEqual(["taken", "spool.discard", "removed", []]);
      expect(removed?.detail).toBe(`${taken?.detail ?? ""};approval=${asked.approvalId};done=no`);
    }
    const decided = (await at.records("system")).findLast(({ action, decision }) => action === "approval.decide" && decision === "allow");
    expect(decided?.detail).toMatch(/;requests=2;discarded=[0-9a-f]{64};state=done$/);
    expect(codeOf(await ask(api, receipts))).toBe("spool.state");
  }
  // Opened again, the book has counted what it took; what comes next has the next place.
  await using again = await serve(folder, { holdMs: 200 });
  const [next = ""] = await handOver(again, ["8803"]);
  await until(async () => (await rowsOf([next]))[0]?.state === "replayed", 15_000);
  expect([(await rowsOf([next]))[0]?.n, await packets(), await findings()]).toEqual(["3", before + 1, []]);
}, 60_000);

faultTest(
  "T14",
  "a request that is being replayed isn't discarded: it is done and says so, or discarded and wasn't done",
  async (defence) => {
    const folder = folderOf();
    let isHeld = false;
    let release: () => void = () => undefined;
    let isReached = false;
    const gate = new Promise<void>((resolve) => (release = resolve));
    await using api = await serve(folder, {
      custodian: (real) =>
        custodianWith(real, {
          mint: async (request, ms) => {
            if (isHeld && request.sub === principalOf("ingest")) {
              isReached = true;
              await gate;
            }
            return real.mint(request, ms);
          },
        }),
      // Off: nobody says that a replay has begun.
      ...(defence === "off" && { ports: (real) => ({ ...real, spooled: { ...real.spooled, replaying: () => Promise.resolve(true) } }) }),
    });
    const before = await packets();
    const receipts = await handOver(api, ["8811"]);
    const asked = askedOf(await ask(api, receipts));
    isHeld = true;
    dataOf(await api.call("admin", "spool.replay", {}));
    await until(() => isReached);
    const answer = await approve(api, asked);
    release();
    await until(() => sealedIn(folder).length === 0, 15_000);
    expect([answer, (await rowsOf(receipts))[0]?.state, await packets()]).toEqual(["spool.state", "replayed", before + 1]);
  },
  60_000,
);

test("what waits is replayed at once where somebody who may wants it, once, and on record; without anything that waits it is refused", async () => {
  const folder = folderOf();
  let isRootAway = false;
  await using api = await serve(folder, {
    custodian: (real) => custodianWith(real, { status: async (request, ms) => ({ ...(await real.status(request, ms)), ...(isRootAway && { rootKey: "absent" as const }) }) }),
  });
  expect(codeOf(await api.call("admin", "spool.replay", {}))).toBe("spool.state");
  const before = await packets();
  const [first = ""] = await handOver(api, ["8821"]);
  expect(codeOf(await api.call("steward", "spool.replay", {}))).toBe("policy.denied");
  isRootAway = true;
  await until(async () => !(dataOf(await api.call("admin", "spool.list", {})) as { node: { isWell: boolean } }).node.isWell);
  expect(codeOf(await api.call("admin", "spool.replay", {}))).toBe("spool.state");
  isRootAway = false;
  await until(async () => (dataOf(await api.call("admin", "spool.list", {})) as { node: { isWell: boolean } }).node.isWell);
  // A round that only looks.
  await new Promise((settle) => setTimeout(settle, 1500));
  expect([(await rowsOf([first]))[0]?.state, await packets()]).toEqual(["waiting", before]);
  expect(dataOf(await api.call("admin", "spool.replay", {}))).toEqual({ waiting: 1 });
  await until(async () => (await rowsOf([first]))[0]?.state === "replayed", 10_000);
  expect(await packets()).toBe(before + 1);
  // It was for what waited then: what comes later waits for the clock.
  const [second = ""] = await handOver(api, ["8822"]);
  await new Promise((settle) => setTimeout(settle, 1500));
  expect((await rowsOf([second]))[0]?.state).toBe("waiting");
  const system = await at.records("system");
  const wanted = system.findLast(({ action, principal, decision }) => action === "spool.replay" && principal === "svc_admin" && decision === "allow");
  expect([wanted?.resource, wanted?.detail]).toEqual(["workload", "rule=security_admin:spool.replay:workload;asked=at once;waiting=1"]);
  expect(system.filter(({ reason }) => reason === "begins").map(({ detail }) => detail)).toContain("waiting=1;wanted=yes");
}, 60_000);

test("the database discards nothing that no two people have said, nor what has ended or is being replayed, and forgets none", async () => {
  const folder = folderOf();
  await using api = await serve(folder);
  const [receipt = ""] = await handOver(api, ["8831"]);
  const asked = askedOf(await ask(api, [receipt]));
  const discard = (action: string, approval: string) =>
    api.database.transaction(async (tx) => {
      await tx`SELECT set_config('sallyport.action', ${action}, true)`;
      await tx`SELECT ingress.discard_spooled(${approval}, 1::bigint)`;
    });
  for (const approval of [asked.approvalId, `apr_${"0".repeat(26)}`]) await expect(discard("approval.decide", approval)).rejects.toThrow();
  await expect(at.owner.run`UPDATE ingress.spooled SET state = 'discarded', settled_ms = 1 WHERE receipt = ${receipt}`).rejects.toThrow();
  await expect(at.owner.run`UPDATE ingress.spooled SET let_go_ms = 1 WHERE receipt = ${receipt}`).rejects.toThrow();
  await at.owner.run`UPDATE ingress.spooled SET begun_ms = 1 WHERE receipt = ${receipt}`;
  await expect(at.owner.run`UPDATE ingress.spooled SET state = 'discarded', settled_ms = 1, approval = ${asked.approvalId} WHERE receipt = ${receipt}`).rejects.toThrow();
  expect(await approve(api, asked)).toBe("spool.state");
  await at.owner.run`UPDATE ingress.spooled SET begun_ms = NULL WHERE receipt = ${receipt}`;
  expect(await approve(api, asked)).toBe("ok");
  await expect(at.owner.run`UPDATE ingress.spooled SET state = 'waiting', settled_ms = NULL, approval = NULL WHERE receipt = ${receipt}`).rejects.toThrow();
  await expect(at.owner.run`DELETE FROM ingress.spooled WHERE receipt = ${receipt}`).rejects.toThrow();
  await expect(discard("approval.decide", asked.approvalId)).rejects.toThrow();
}, 60_000);
