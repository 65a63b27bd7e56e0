import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Egress, type Step } from "@sallyport/app-egress";
import { connect, type Connection, SallyportClientError, type WatchEvent, type WatchInput } from "@sallyport/client";
import { newId } from "@sallyport/crypto";
import { outboxStore } from "@sallyport/db";
import { type EgressPlan, portalOf } from "@sallyport/delivery";
import { writeIdentity } from "@sallyport/pki";
import { HttpsPortalServer, noSshServer, OpenSshServer } from "@sallyport/portal-testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Desk, type Enrolled, PASSWORD } from "./people.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";

/** The keys of recipients, as the age format spells them. */
const KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
const NEXT = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg";
const UNREACHED = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";
const WITHDRAWN = "age1ah6ghf0hpvjk4ss38az3pqgacu4c0dvwrqgfpcn9cdlrwgqx29vsju5yng";
const REPLACED = "age17mapha6py0tgduxydrrttzyklkaln2k5p376n9rz3ax94zpkgy7skd4xhr";
const REPLACING = "age1fcp8979fpy7w8uu3j7rfdmygujst9fgc2z02f824ulmh2xj5qacsgkgg9a";
const REASON = "as the agency has told us";
const LENGTH = 700_001;
/** Longer than an attempt may take until its first byte, and with all its bytes. */
const CLAIM_OVER_MS = 95_000;
const SEND_OVER_MS = 310_000;

let at: Deployment;
let api: Api;
let desk: Desk;
let founders: readonly [Enrolled, Enrolled];
let portal: HttpsPortalServer;
let sftp: OpenSshServer | null = null;
let folder: string | undefined;
let plan: EgressPlan;
let connection: Connection;
let egress: Egress;
/** How far the api's clock is ahead. */
let ahead = 0;
const sealed = new Map<string, Buffer>();

const optionsOf = () => ({
  api: `https://localhost:${api.port}`,
  trustDomain: at.trustDomain,
  key: join(folder ?? "", "key.pem"),
  cert: join(folder ?? "", "cert.pem"),
  ca: join(folder ?? "", "ca.pem"),
});
const egressOf = (tell: (itemId: string, step: Step) => void = () => undefined): Egress =>
  new Egress({ connection, portalOf: (settings) => portalOf(plan, settings), tell, log: () => undefined });

beforeAll(async () => {
  at = await deployment();
  api = await at.serve({
    now: () => Date.now() + ahead,
    ports: (real) => ({
      ...real,
      sealedPackets: { ...real.sealedPackets, read: (packet, from, max) => Promise.resolve((sealed.get(packet) ?? Buffer.alloc(0)).subarray(from, from + max)) },
    }),
  });
  desk = await Desk.of(at);
  founders = await desk.found(api);
  portal = await HttpsPortalServer.start();
  if (noSshServer === null) sftp = await OpenSshServer.start();
  folder = mkdtempSync(join(tmpdir(), "sallyport-egress-"));
  writeIdentity(folder, at.identity("egress"));
  const https = { kind: "https", name: "gateway", host: portal.host, ...portal.certificate(), ca: portal.ca } as const;
  plan = { credentials: [https, ...(sftp === null ? [] : [{ kind: "sftp", name: "drop", host: "127.0.0.1", key: sftp.key } as const])] };
  connection = connect(optionsOf());
  egress = egressOf();
}, 120_000);
afterAll(async () => {
  desk?.close();
  await connection?.close();
  await portal?.down();
  sftp?.remove();
  await api?.close();
  await at?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}, 60_000);
beforeEach(async () => {
  portal.manner = "taken";
  await pass(0);
});

/** Has so much time gone by for the api, whose desks look at their clocks a few times a second. */
async function pass(ms: number): Promise<void> {
  const before = ahead;
  ahead = ms === 0 ? 0 : ahead + ms;
  // What the api knows is a few minutes old for a moment, and so is refused.
  if (ahead !== before) await until(async () => codeOf(await api.call("admin", "outbox.list", {})) === "ok", 10_000);
}

/** What needs two people, asked for by the first founder and approved by the second. */
async function byTwo(procedure: string, input: object): Promise<string> {
  const asked = await desk.call(api, await desk.signIn(api, founders[0]), procedure, { ...input, reason: REASON });
  if (asked.status !== 200) return codeOf(asked);
  const { approval } = dataOf(asked) as { approval: { approvalId: string; digest: string } };
  const proof = { kind: "password", password: PASSWORD, totp: await desk.code(founders[1]) };
  const session = await desk.signIn(api, founders[1]);
  const decided = { approvalId: approval.approvalId, digest: approval.digest, verdict: "approve", reason: REASON };
  return codeOf(await desk.call(api, session, "approvals.decide", { ...decided, proof: { ...proof, totp: await desk.code(founders[1]) } }));
}

const httpsRoute = () => ({ kind: "https", name: "gateway", host: portal.host, port: portal.port, path: portal.path, credential: "gateway" });
const sftpRoute = () => ({
  kind: "sftp",
  name: "drop",
  host: "127.0.0.1",
  port: sftp?.port ?? 1,
  folder: sftp?.folder ?? "/x",
  user: sftp?.user ?? "x",
  hostKey: sftp?.fingerprint,
  credential: "drop",
});

/** A recipient with this key and these routes, looked at. */
async function recipientWith(key: string, routes: readonly object[]): Promise<string> {
  expect(await byTwo("approvals.requestRecipient", { kind: "agency", name: "An Agency", key })).toBe("ok");
  const { recipients } = dataOf(await api.call("admin", "recipients.list", {})) as { recipients: readonly { recipientId: string; key: string }[] };
  const { recipientId = "" } = recipients.find((each) => each.key === key) ?? {};
  expect(await byTwo("approvals.requestRoutes", { recipientId, routes })).toBe("ok");
  await look();
  return recipientId;
}

interface Shown {
  readonly itemId: string;
  readonly packetId: string;
  readonly state: string;
  readonly attempts: number;
  readonly nextAt: string | null;
  readonly isStopped: boolean;
  readonly disagreedAt: string | null;
  readonly idempotencyKey: string;
}
interface Listed {
  readonly items: readonly Shown[];
  readonly counts: Readonly<Record<string, number>>;
  readonly routes: readonly {
    readonly routeId: string;
    readonly recipientId: string;
    readonly settings: never;
    readonly health: { readonly state: "healthy" | "unhealthy" } | null;
  }[];
}
const list = async (): Promise<Listed> => dataOf(await api.call("admin", "outbox.list", { limit: 200 })) as Listed;

/** Has every route looked at now. */
const look = async (): Promise<void> => {
  const { routes } = await list();
  // A process of its own each time: what it knew of the routes is forgotten.
  await egressOf().look(routes.map(({ routeId, settings }) => ({ routeId, settings, health: null })));
};

/** A packet that was submitted. */
async function submit(recipientId: string): Promise<Shown> {
  const { recipients } = dataOf(await api.call("admin", "recipients.list", {})) as { recipients: readonly { recipientId: string; key: string }[] };
  const recipientKey = recipients.find((each) => each.recipientId === recipientId)?.key ?? "";
  const packetId = newId("spk");
  const bytes = randomBytes(LENGTH);
  sealed.set(packetId, bytes);
  await api.database.transaction(async (tx) => {
    await tx`SELECT set_config('sallyport.action', 'submission.submit', true)`;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await outboxStore(api.database).enqueue(tx, { packetId, recipientId, recipientKey, sha256, length: bytes.length, idempotencyKey: newId("idk") });
  });
  return (await list()).items.find((item) => item.packetId === packetId) as Shown;
}

const standing = async (
  itemId: string,
): Promise<Shown & { attempts_: readonly { readonly outcome: string | null; readonly route: string }[]; receipts: readonly { readonly verdict: string }[] }> => {
  const { item, attempts, receipts } = dataOf(await api.call("admin", "outbox.get", { itemId })) as {
    item: Shown;
    attempts: readonly { readonly outcome: string | null; readonly route: string }[];
    receipts: readonly { readonly verdict: string }[];
  };
  return { ...item, attempts_: attempts, receipts };
};
const stateOf = async ({ itemId }: Shown): Promise<string> => (await standing(itemId)).state;
/** Works until nothing is due. */
const work = async (by: Egress = egress): Promise<void> => {
  for (let n = 0; n < 20 && (await by.step()); n += 1);
};
const deliveries = async ({ itemId }: Shown): Promise<readonly string[]> =>
  (await at.records("system")).filter(({ action, resource }) => action === "outbox.deliver" && resource === `outbox/${itemId}`).map(({ detail }) => detail ?? "");

/** Has a process of its own take up what is due, which ends itself as `kill -9` does, right after a step. */
async function killedAfter(step: Step): Promise<void> {
  const killed = spawn(process.execPath, [join(import.meta.dirname, "killed-egress.mjs"), JSON.stringify({ connection: optionsOf(), plan, killAfter: step })], {
    stdio: "inherit",
  });
  const [, signal] = (await once(killed, "exit")) as [number | null, string | null];
  expect([step, signal]).toEqual([step, "SIGKILL"]);
  expect(await egress.step()).toBe(false);
}

/** Works on once the time of the attempt that nobody heard of again is over. */
async function afterwards(overMs: number): Promise<void> {
  if (overMs === 0) return;
  for (const ms of [overMs, 5000, 5000]) {
    await pass(ms);
    await work();
  }
}

describe("over HTTPS", () => {
  let recipient: string;
  beforeAll(async () => {
    recipient = await recipientWith(KEY, [httpsRoute()]);
  }, 30_000);

  test("a packet arrives exactly as it was sealed, once; its receipt is kept, and each step is on record", async () => {
    const item = await submit(recipient);
    expect([item.state, item.attempts]).toEqual(["sealed", 0]);
    await work();
    const { state, attempts_, receipts } = await standing(item.itemId);
    expect([state, attempts_.map(({ outcome, route }) => [outcome, route]), receipts.map(({ verdict }) => verdict)]).toEqual([
      "acknowledged",
      [["received", "gateway"]],
      ["received"],
    ]);
    const bytes = sealed.get(item.packetId) as Buffer;
    expect(portal.held.get(item.idempotencyKey)).toMatchObject({ sha256: createHash("sha256").update(bytes).digest("hex"), length: LENGTH });
    expect(portal.arrivals.get(item.idempotencyKey)).toBe(1);
    const said = (await deliveries(item)).map((detail) => /from=([a-z-]+);to=([a-z-]+)(?:;phase=([a-z]+))?/.exec(detail)?.slice(1).join(" ").trim());
    expect(said.filter(Boolean)).toEqual(["sealed sealed claimed", "sealed sealed sending", "sealed acknowledged"]);
  });

  test.each(["rejected", "pending"] as const)("a portal that says %s is taken at its word", async (manner) => {
    portal.manner = manner;
    const item = await submit(recipient);
    await work();
    expect(await stateOf(item)).toBe(manner === "rejected" ? "rejected" : "sent");
    if (manner === "rejected") return;
    (portal.held.get(item.idempotencyKey) as { outcome: string }).outcome = "received";
    expect(codeOf(await api.call("admin", "outbox.reconcile", { itemId: item.itemId }))).toBe("ok");
    await work();
    expect([await stateOf(item), portal.arrivals.get(item.idempotencyKey)]).toEqual(["acknowledged", 1]);
  });

  test("what was swallowed is in doubt and never sent again by itself: the portal is asked, and knows", async () => {
    portal.manner = "swallows";
    const item = await submit(recipient);
    await work();
    expect(await stateOf(item)).toBe("in-doubt");
    await pass(5000);
    await work();
    expect([await stateOf(item), portal.arrivals.get(item.idempotencyKey)]).toEqual(["acknowledged", 1]);
  });

  test("a portal that speaks of other bytes is told of at once, and the item waits for two people; then it goes again under its key", async () => {
    portal.manner = "other-bytes";
    const item = await submit(recipient);
    await work();
    const { state, disagreedAt } = await standing(item.itemId);
    expect([state, disagreedAt !== null]).toEqual(["in-doubt", true]);
    const alerts = await at.owner.run<{ kind: string }>`SELECT kind FROM audit.alerts WHERE about = ${`outbox/${item.itemId}`}`;
    expect(alerts).toEqual([{ kind: "delivery.disagrees" }]);
    await pass(5000);
    await work();
    expect(await stateOf(item)).toBe("in-doubt");
    // However many came after it, it is the first that is shown; and the overview tells of it.
    const later = await submit(recipient);
    const first = dataOf(await api.call("admin", "outbox.list", { limit: 1 })) as Listed;
    expect([first.items.map(({ itemId }) => itemId), first.counts["in-doubt"]]).toEqual([[item.itemId], 1]);
    const { needs } = dataOf(await api.call("admin", "overview.get", {})) as { needs: readonly object[] };
    expect(needs).toContainEqual(expect.objectContaining({ kind: "outbox", count: 1, href: "/outbox" }));
    await work();
    expect(await stateOf(later)).toBe("in-doubt");
    portal.held.delete(later.idempotencyKey);
    // As if the portal had found and removed its error.
    portal.held.delete(item.idempotencyKey);
    portal.manner = "taken";
    expect(await byTwo("approvals.requestResend", { itemId: item.itemId })).toBe("ok");
    expect(await stateOf(item)).toBe("sealed");
    await work();
    expect([await stateOf(item), portal.arrivals.get(item.idempotencyKey)]).toEqual(["acknowledged", 2]);
    expect(await byTwo("approvals.requestResend", { itemId: item.itemId })).toBe("outbox.state");
    for (let round = 0; round < 2; round += 1) {
      await pass(5000);
      await work();
    }
    expect([await stateOf(later), portal.arrivals.get(later.idempotencyKey)]).toEqual(["acknowledged", 2]);
  });

  /** One whose watches of the bytes are cut after 100,000 of them, as many as there are codes, when `meanwhile` is over; and where each began. */
  function interrupted(codes: readonly ("connection.lost" | "token.time")[], meanwhile: () => Promise<void> = () => Promise.resolve()) {
    const began: number[] = [];
    async function* cut(input: WatchInput<"outbox.bytes">, options?: Parameters<Connection["watch"]>[2]): AsyncGenerator<WatchEvent<"outbox.bytes">, void, undefined> {
      const code = codes[began.push(input.from ?? 0) - 1];
      for await (const { from, content } of connection.watch("outbox.bytes", input, options)) {
        yield { from, content: code === undefined ? content : Buffer.from(content, "base64").subarray(0, 100_000).toString("base64") };
        if (code === undefined) continue;
        await meanwhile();
        throw new SallyportClientError(code);
      }
    }
    const watch = ((path: "outbox.bytes" | "outbox.watch", input: WatchInput<"outbox.bytes">, options?: Parameters<Connection["watch"]>[2]) =>
      path === "outbox.bytes" ? cut(input, options) : connection.watch(path, {}, options)) as Connection["watch"];
    return {
      began,
      egress: new Egress({ connection: { api: connection.api, watch }, portalOf: (settings) => portalOf(plan, settings), tell: () => undefined, log: () => undefined }),
    };
  }

  test("a delivery that outlives its token or its connection goes on where it was, and arrives once", async () => {
    const item = await submit(recipient);
    const { began, egress: cut } = interrupted(["connection.lost", "token.time"]);
    await cut.step();
    expect(began).toEqual([0, 100_000, 200_000]);
    expect([await stateOf(item), portal.arrivals.get(item.idempotencyKey)]).toEqual(["acknowledged", 1]);
  });

  test("one whose time was over while it was cut off gets no further byte", async () => {
    const item = await submit(recipient);
    const { began, egress: cut } = interrupted(["connection.lost"], async () => {
      await pass(SEND_OVER_MS);
      // Another one asks the portal, which has nothing.
      await work();
      await pass(5000);
      await work();
    });
    await cut.step();
    expect(began).toEqual([0, 100_000]);
    expect([await stateOf(item), portal.arrivals.get(item.idempotencyKey)]).toEqual(["sealed", undefined]);
    await pass(SEND_OVER_MS);
    await work();
    expect([await stateOf(item), portal.arrivals.get(item.idempotencyKey)]).toEqual(["acknowledged", 1]);
  });

  test("two processes never send one item at once, and one that is late sends nothing", async () => {
    const item = await submit(recipient);
    let isLate = true;
    const late = egressOf();
    const slow = new Egress({
      connection,
      portalOf: (settings) => {
        const real = portalOf(plan, settings);
        return {
          ...real,
          deliver: async (parcel) => {
            // It has the item; while it sleeps its time is over, and another one has sent it.
            expect(await late.step()).toBe(false);
            await pass(CLAIM_OVER_MS);
            await work(late);
            await pass(5000);
            await work(late);
            isLate = false;
            return await real.deliver(parcel);
          },
        };
      },
      tell: () => undefined,
      log: () => undefined,
    });
    await slow.step();
    expect(isLate).toBe(false);
    expect([await stateOf(item), portal.arrivals.get(item.idempotencyKey)]).toEqual(["acknowledged", 1]);
  });

  test("more items than are looked at in one go, for a recipient whom no healthy route leads to, keep nobody else's from going out", async () => {
    const unreached = await recipientWith(UNREACHED, [{ ...httpsRoute(), port: 1 }]);
    const waiting: Shown[] = [];
    for (let n = 0; n < 21; n += 1) waiting.push(await submit(unreached));
    const item = await submit(recipient);
    await work();
    expect([await stateOf(item), portal.arrivals.get(item.idempotencyKey)]).toEqual(["acknowledged", 1]);
    expect(new Set(await Promise.all(waiting.map(stateOf)))).toEqual(new Set(["sealed"]));
  });

  test("a late process that has no answer from its portal is refused before its first byte", async () => {
    const item = await submit(recipient);
    const { work: claimed } = await connection.api.outbox.claim.mutate({});
    expect(claimed?.itemId).toBe(item.itemId);
    await pass(CLAIM_OVER_MS);
    await expect(connection.api.outbox.begin.mutate({ itemId: item.itemId, attempt: 1 })).rejects.toMatchObject({ code: "outbox.fenced" });
    await work();
    await pass(5000);
    await work();
    await expect(connection.api.outbox.settle.mutate({ itemId: item.itemId, attempt: 1, asked: false, kind: "in-doubt" })).rejects.toMatchObject({ code: "outbox.fenced" });
    expect([await stateOf(item), portal.arrivals.get(item.idempotencyKey)]).toEqual(["acknowledged", 1]);
  });

  test.each([
    ["claimed", CLAIM_OVER_MS, ["received", "unsent"]],
    ["begun", SEND_OVER_MS, ["received", "not-received"]],
    ["first-bytes", SEND_OVER_MS, ["received", "not-received"]],
    ["delivered", SEND_OVER_MS, ["received"]],
    ["settled", 0, ["received"]],
  ] as const)(
    "kill -9 of the egress process once it is %s: the packet arrives once",
    async (step, overMs, outcomes) => {
      const item = await submit(recipient);
      await killedAfter(step);
      await afterwards(overMs);
      const { state, attempts_ } = await standing(item.itemId);
      expect([state, attempts_.map(({ outcome }) => outcome), portal.arrivals.get(item.idempotencyKey)]).toEqual(["acknowledged", outcomes, 1]);
    },
    60_000,
  );

  test("the egress process has nothing but its word: without a receipt nothing is acknowledged, and nobody else does its acts", async () => {
    const item = await submit(recipient);
    await connection.api.outbox.claim.mutate({});
    await connection.api.outbox.begin.mutate({ itemId: item.itemId, attempt: 1 });
    const settle = (over: object) => connection.api.outbox.settle.mutate({ itemId: item.itemId, attempt: 1, asked: false, kind: "received", ...over });
    await expect(settle({})).rejects.toMatchObject({ code: "input.invalid" });
    await expect(settle({ receipt: Buffer.from("{}").toString("base64") })).rejects.toMatchObject({ code: "input.invalid" });
    const forged = { v: 1, key: item.idempotencyKey, at: "2026-01-01T00:00:00Z", outcome: "received", sha256: "0".repeat(64), length: LENGTH, receipt: "r" };
    await expect(settle({ kind: "not-received" })).rejects.toMatchObject({ code: "input.invalid" });
    expect(await settle({ receipt: Buffer.from(JSON.stringify(forged)).toString("base64") })).toMatchObject({ state: "in-doubt" });
    // Its word that nothing arrived frees nothing either.
    await expect(settle({ asked: true, kind: "not-received" })).rejects.toMatchObject({ code: "input.invalid" });
    expect(await stateOf(item)).toBe("in-doubt");
    for (const [who, procedure, input] of [
      ["egress", "outbox.list", {}],
      ["egress", "outbox.reconcile", { itemId: item.itemId }],
      ["reviewer", "outbox.list", {}],
      ["auditor", "outbox.reconcile", { itemId: item.itemId }],
      ["admin", "outbox.claim", {}],
      ["admin", "outbox.begin", { itemId: item.itemId, attempt: 1 }],
      ["admin701", "outbox.get", { itemId: item.itemId }],
      ["admin", "outbox.get", { itemId: newId("obx") }],
    ] as const)
      expect([who, procedure, codeOf(await api.call(who, procedure, input))]).toEqual([who, procedure, "policy.denied"]);
  });

  test("what is in the outbox goes to nobody who was withdrawn or has another key, whoever wants it: neither taken up, nor begun, nor sent again", async () => {
    const withdrawn = await recipientWith(WITHDRAWN, [httpsRoute()]);
    const replaced = await recipientWith(REPLACED, [httpsRoute()]);
    // What was left in doubt before has its answer first.
    for (let round = 0; round < 2; round += 1) {
      await pass(5000);
      await work();
    }
    const begun = await submit(withdrawn);
    const { work: claimed } = await connection.api.outbox.claim.mutate({});
    expect(claimed?.itemId).toBe(begun.itemId);
    portal.manner = "swallows";
    const doubted = await submit(withdrawn);
    await work();
    portal.manner = "taken";
    const waiting = [await submit(withdrawn), await submit(replaced)];
    expect(await byTwo("approvals.requestRecipientEnd", { recipientId: withdrawn })).toBe("ok");
    expect(await byTwo("approvals.requestRecipient", { recipientId: replaced, kind: "agency", name: "An Agency", key: REPLACING })).toBe("ok");
    await expect(connection.api.outbox.begin.mutate({ itemId: begun.itemId, attempt: 1 })).rejects.toMatchObject({ code: "recipient.state" });
    await connection.api.outbox.settle.mutate({ itemId: begun.itemId, attempt: 1, asked: false, kind: "unsent", failure: "recipient.state" });
    expect(await byTwo("approvals.requestResend", { itemId: doubted.itemId })).toBe("recipient.state");
    await pass(5000);
    await work();
    for (const item of [begun, ...waiting]) {
      expect(await standing(item.itemId)).toMatchObject({ state: "sealed", isStopped: true, nextAt: null });
      expect(codeOf(await api.call("admin", "outbox.reconcile", { itemId: item.itemId }))).toBe("recipient.state");
      expect(portal.arrivals.get(item.idempotencyKey)).toBe(undefined);
    }
    // Its portal was asked as ever.
    expect([await stateOf(doubted), portal.arrivals.get(doubted.idempotencyKey)]).toEqual(["acknowledged", 1]);
    // What a recipient has the key of goes out as before.
    const item = await submit(recipient);
    await work();
    expect(await stateOf(item)).toBe("acknowledged");
  }, 60_000);

  test("the schema lets no item move otherwise, whoever asks it", async () => {
    const item = await submit(recipient);
    portal.manner = "swallows";
    await work();
    const as = (action: string, move: string) =>
      api.database.transaction(async (tx) => {
        await tx`SELECT set_config('sallyport.action', ${action}, true)`;
        if (move === "sealed") await tx`UPDATE egress.outbox_item SET state = 'sealed' WHERE id = ${item.itemId}`;
        else await tx`UPDATE egress.outbox_item SET state = 'sent', phase = 'sending', lease_until_ms = 1 WHERE id = ${item.itemId}`;
      });
    for (const action of ["outbox.deliver", "outbox.reconcile"]) await expect(as(action, "sealed")).rejects.toThrow();
    await expect(as("outbox.deliver", "sending")).rejects.toThrow();
    await as("outbox.read", "sealed");
    expect(await stateOf(item)).toBe("in-doubt");
    await expect(at.owner.run`UPDATE egress.outbox_item SET sha256 = ${"0".repeat(64)} WHERE id = ${item.itemId}`).rejects.toThrow();
    await expect(at.owner.run`DELETE FROM egress.outbox_item WHERE id = ${item.itemId}`).rejects.toThrow();
    await expect(at.owner.run`UPDATE egress.receipt SET body = '{}'`).rejects.toThrow();
  });
});

describe.skipIf(noSshServer !== null)(`with a fallback over SFTP${noSshServer === null ? "" : ` (skipped: ${noSshServer})`}`, () => {
  test("a portal that is down is passed over, once surely nothing arrived; the fallback's receipt is picked up; an item without a healthy route waits", async () => {
    const recipient = await recipientWith(NEXT, [httpsRoute(), sftpRoute()]);
    await portal.down();
    // Nobody has noticed yet: the attempt finds out.
    const item = await submit(recipient);
    await work();
    await pass(5000);
    await work();
    let shown = await standing(item.itemId);
    expect([shown.state, shown.attempts_.map(({ route, outcome }) => [route, outcome])]).toEqual([
      "sent",
      [
        ["drop", "sent"],
        ["gateway", "unsent"],
      ],
    ]);
    const bytes = sealed.get(item.packetId) as Buffer;
    expect(readFileSync(join(sftp?.folder ?? "", `${item.idempotencyKey}.age`)).equals(bytes)).toBe(true);
    const said = {
      v: 1,
      key: item.idempotencyKey,
      at: "2026-03-01T12:00:00Z",
      outcome: "received",
      sha256: createHash("sha256").update(bytes).digest("hex"),
      length: LENGTH,
      receipt: "r-1",
    };
    writeFileSync(join(sftp?.folder ?? "", `${item.idempotencyKey}.receipt.json`), JSON.stringify(said));
    expect(codeOf(await api.call("admin", "outbox.reconcile", { itemId: item.itemId }))).toBe("ok");
    await work();
    shown = await standing(item.itemId);
    expect([shown.state, shown.receipts.map(({ verdict }) => verdict)]).toEqual(["acknowledged", ["received"]]);
    // Once it is known to be unhealthy, it isn't tried; and without any healthy route nothing is.
    await look();
    sftp?.down();
    await look();
    const waiting = await submit(recipient);
    expect(await egress.step()).toBe(false);
    expect((await list()).routes.filter((route) => route.recipientId === recipient).map(({ health }) => health?.state)).toEqual(["unhealthy", "unhealthy"]);
    await portal.up();
    await sftp?.up();
    await look();
    await work();
    expect([await stateOf(waiting), portal.arrivals.get(waiting.idempotencyKey)]).toEqual(["acknowledged", 1]);
  }, 60_000);

  describe("alone", () => {
    const dropped = (name: string): string => join(sftp?.folder ?? "", name);
    let recipient: string;
    beforeAll(async () => {
      const { recipients } = dataOf(await api.call("admin", "recipients.list", {})) as { recipients: readonly { recipientId: string; key: string }[] };
      recipient = recipients.find(({ key }) => key === NEXT)?.recipientId ?? "";
      expect(await byTwo("approvals.requestRoutes", { recipientId: recipient, routes: [sftpRoute()] })).toBe("ok");
      await look();
    }, 30_000);

    // What began is sent again only once its own file was taken away from under it.
    test.each([
      ["claimed", CLAIM_OVER_MS, ["sent", "unsent"]],
      ["begun", SEND_OVER_MS, ["sent", "not-received"]],
      ["first-bytes", SEND_OVER_MS, ["sent", "not-received"]],
      ["delivered", SEND_OVER_MS, ["sent"]],
      ["settled", 0, ["sent"]],
    ] as const)(
      "kill -9 of the egress process once it is %s: what may have arrived is never sent twice",
      async (step, overMs, outcomes) => {
        const item = await submit(recipient);
        const [packet, receipt] = [dropped(`${item.idempotencyKey}.age`), dropped(`${item.idempotencyKey}.receipt.json`)];
        await killedAfter(step);
        const lay = existsSync(packet) ? statSync(packet).ino : null;
        expect([step, lay !== null]).toEqual([step, step === "delivered" || step === "settled"]);
        await afterwards(overMs);
        const { state, attempts_ } = await standing(item.itemId);
        // Asked about since, what was sent is told as pending.
        expect([state, attempts_.map(({ outcome }) => (outcome === "pending" ? "sent" : outcome))]).toEqual(["sent", outcomes]);
        const left = readdirSync(dropped("")).filter((name) => name.startsWith(item.idempotencyKey) && name.endsWith(".part"));
        expect(left).toEqual([]);
        // One packet, whole; and where it lay already it is the same file.
        expect(readFileSync(packet).equals(sealed.get(item.packetId) as Buffer)).toBe(true);
        if (lay !== null) expect(statSync(packet).ino).toBe(lay);
        const sha256 = createHash("sha256")
          .update(sealed.get(item.packetId) as Buffer)
          .digest("hex");
        writeFileSync(receipt, JSON.stringify({ v: 1, key: item.idempotencyKey, at: "2026-03-01T12:00:00Z", outcome: "received", sha256, length: LENGTH, receipt: "r-2" }));
        expect(codeOf(await api.call("admin", "outbox.reconcile", { itemId: item.itemId }))).toBe("ok");
        await work();
        expect(await stateOf(item)).toBe("acknowledged");
      },
      60_000,
    );
  });

  test("routes are replaced as a whole by two people, and what is the same is no change", async () => {
    const { recipients } = dataOf(await api.call("admin", "recipients.list", {})) as { recipients: readonly { recipientId: string; key: string }[] };
    const recipient = recipients.find(({ key }) => key === KEY)?.recipientId ?? "";
    expect(await byTwo("approvals.requestRoutes", { recipientId: recipient, routes: [httpsRoute()] })).toBe("input.invalid");
    expect(await byTwo("approvals.requestRoutes", { recipientId: newId("rcp"), routes: [httpsRoute()] })).toBe("policy.denied");
    expect(await byTwo("approvals.requestRoutes", { recipientId: recipient, routes: [sftpRoute(), httpsRoute()] })).toBe("ok");
    const of = (await list()).routes.filter((route) => route.recipientId === recipient);
    expect(of.map(({ settings, health }) => [(settings as { kind: string }).kind, health])).toEqual([
      ["sftp", null],
      ["https", null],
    ]);
  });
});
