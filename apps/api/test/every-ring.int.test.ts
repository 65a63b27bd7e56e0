import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openPage, type PackedPage, type BundleVerdict, DeepVerifier, type SealedRecord, verifyBundle } from "@sallyport/audit";
import { BundleWriter, directoryReader } from "@sallyport/audit/bundle-folder";
import { secretKey } from "@sallyport/crypto";
import { connectCustodian, type Custodian, type CustodianStatus } from "@sallyport/custody";
import { activeKey, type KeyRing, type RingName, ringOf, strictRingRules } from "@sallyport/custody/keys";
import { codeOf as failureCode } from "@sallyport/errors";
import type { Identity } from "@sallyport/pki";
import { processId } from "@sallyport/zones";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkpointsOf, type OpenedGeneration } from "./exported-checkpoints.ts";
import { demographics, STUDY } from "./dataset.ts";
import { DoorClient } from "./door-client.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until, type Who } from "./stack.ts";
import { provenByDigest } from "./step-up-ports.ts";

const IS_LONG = process.env["SALLYPORT_TEST_LONG"] === "1";
/** How long the load is measured without a rotation. */
const QUIET_MS = IS_LONG ? 20_000 : 2500;
/** Between two requests of one kind: the long run is about how many there can be, the short one about each. */
const PAUSE_MS = IS_LONG ? 0 : 40;
/** Rounds of every ring. */
const ROUNDS = IS_LONG ? 3 : 1;
const LOADED: readonly Who[] = ["reviewer", "ingest", "auditor"];

let at: Deployment;
let nodes: readonly Api[] = [];
let admin: SignedIn;
/** The api's own identity, as its folder has it now. */
let own: Identity;
const renewals = new Set<(identity: Identity) => void>();
const closing: (() => unknown)[] = [];
beforeAll(async () => {
  // Two people's word isn't waited for (key-destroy.int.test.ts has them give it).
  at = await deployment({ ringRules: { ...strictRingRules, approved: false } });
  own = at.apiIdentity;
  for (let node = 0; node < 2; node += 1) nodes = [...nodes, await serve()];
  await at.seed(nodes[0] as Api);
  await renewPersons();
}, 60_000);
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
  await at?.close();
});

/** A node whose identity is renewed, as from a folder. */
async function serve(): Promise<Api> {
  const link = connectCustodian({
    host: "127.0.0.1",
    port: at.custodianPort,
    identity: { current: () => own, onChange: (listener) => (renewals.add(listener), () => renewals.delete(listener)) },
    custodianSpiffe: processId(at.trustDomain, "custodian"),
  });
  const api = await at.serve({ ports: provenByDigest(), keyTtlMs: 0, identity: () => own, custodian: (): Custodian => link });
  renewals.add(() => api.process.renewIdentity());
  closing.push(
    () => link.close(),
    () => api.close(),
  );
  return api;
}

const tokenOf = async (client: DoorClient): Promise<string> => {
  const reply = await client.send({ path: "/token", body: "{}" });
  if (reply.status !== 200) throw new Error(`no token: ${reply.status} ${reply.text}`);
  return (JSON.parse(reply.text) as { token: string }).token;
};

/** A workload that asks every node, by whatever certificate and tokens it has now. */
class Workload {
  readonly #who: Who;
  #held: readonly { readonly client: DoorClient; readonly token: string; readonly identity: Identity }[] = [];

  constructor(who: Who) {
    this.#who = who;
  }

  /** A new certificate, and a token to it; what is under way ends by the one before. */
  async renew(): Promise<void> {
    const identity = await at.issue(at.spiffe(this.#who));
    const clients = nodes.map(({ port }) => new DoorClient(port, at.trustDomain, identity));
    closing.push(() => clients.forEach((client) => client.close()));
    this.#held = await Promise.all(clients.map(async (client) => ({ client, token: await tokenOf(client), identity })));
  }

  /** Another token, that the other node takes. */
  async refresh(n: number): Promise<string> {
    const [one, other] = [this.#held[n % 2], this.#held[(n + 1) % 2]];
    if (one === undefined || other === undefined) return "not begun";
    return codeOf(await other.client.call("subjects.list", {}, await tokenOf(one.client)));
  }

  async ask(n: number, procedure: string, input: unknown): Promise<string> {
    const held = this.#held[n % 2];
    return held === undefined ? "not begun" : codeOf(await held.client.call(procedure, input, held.token));
  }

  async data(procedure: string, input: unknown): Promise<unknown> {
    const [held] = this.#held;
    if (held === undefined) throw new Error("not begun");
    return dataOf(await held.client.call(procedure, input, held.token));
  }

  /** What somebody holds who keeps what it has now: asks with its token on its connection, or on one that is new, by its certificate. */
  kept(): { readonly ask: () => Promise<string>; readonly dial: () => Promise<string> } {
    const [held] = this.#held;
    if (held === undefined) throw new Error("not begun");
    const { client, token, identity } = held;
    return {
      ask: async () => codeOf(await client.call("subjects.list", {}, token)),
      async dial() {
        const anew = new DoorClient((nodes[0] as Api).port, at.trustDomain, identity, { keepAlive: false });
        return anew.call("subjects.list", {}, token).then(codeOf, (error: unknown) => `cut: ${(error as NodeJS.ErrnoException).code ?? "-"}`);
      },
    };
  }
}

const ring = (name: RingName): KeyRing => ringOf(at.custodian.store, name);
const active = (name: RingName): string => activeKey(ring(name)).id;
/** Time passes: the next one's window begins, and the overlap of the one before is over. */
const later = (name: RingName): void =>
  at.custodian.store.put("keyring", name, {
    ...ring(name),
    keys: ring(name).keys.map((key) => (key.state === "next" ? { ...key, fromS: 0 } : key.state === "retiring" ? { ...key, untilS: 0 } : key)),
  });
/** Takes a step; answers the failure's code, or `done`. */
const step = async (name: RingName, taken: string): Promise<string> => {
  const asked = JSON.stringify({ kind: "step", ring: name, step: taken, at: ring(name).at, statement: null });
  return Promise.resolve(at.custodian.handle("rotate", Buffer.from(asked))).then(() => "done", failureCode);
};
/** Takes it as soon as it is proven. */
const whenProven = (name: RingName, taken: string): Promise<number> => until(async () => (await step(name, taken)) === "done", 40_000);
const statusOf = async (verify: readonly string[] = []): Promise<CustodianStatus> =>
  JSON.parse(String(await at.custodian.handle("status", Buffer.from(JSON.stringify(verify.length === 0 ? {} : { verify }))))) as CustodianStatus;

/** A data key that is wrapped now and kept; answers whether it opens, or the failure's code. */
async function keptWrapping(): Promise<() => Promise<string>> {
  const context = { purpose: "subject", id: randomUUID(), study: STUDY, site: "701" };
  const [made] = JSON.parse(String(await at.custodian.handle("wrap", Buffer.from(JSON.stringify([context]))))) as readonly { readonly wrapped: string; readonly key: string }[];
  return async () => {
    const asked = JSON.stringify([{ context, wrapped: made?.wrapped }]);
    const [opened] = JSON.parse(String(await at.custodian.handle("unwrap", Buffer.from(asked)))) as readonly { readonly key?: string; readonly code?: string }[];
    return opened?.code ?? (opened?.key === made?.key ? "opens" : "another key");
  };
}

/** Has one record's leaf signed with this key; answers `signed`, or the failure's code. */
const signedBy = (vkey: string): Promise<string> => {
  const asked = JSON.stringify({ kind: "leaves", vkey, chain: "system", generation: 1, from: 1, to: 1 });
  return Promise.resolve(at.custodian.handle("sign", Buffer.from(asked))).then(() => "signed", failureCode);
};

/** Everybody gets a certificate with the trust, and by the authority, of now. */
async function everybodyRenews(workloads: readonly Workload[]): Promise<void> {
  own = await at.issue(processId(at.trustDomain, "api"), ["localhost"]);
  for (const renewed of renewals) renewed(own);
  await until(() => at.custodian.store.get("certificate", at.x5t(own))?.shownMs !== undefined, 10_000);
  await renewPersons();
  for (const workload of workloads) await workload.renew();
  for (const { spiffe } of new Map([...at.custodian.store.all("certificate").values()].map((each) => [each.spiffe, each])).values()) {
    if (LOADED.some((who) => at.spiffe(who) === spiffe) || /\/zone\/(?:data\/custodian|application\/api)$/.test(spiffe)) continue;
    // Those that ask nothing now have theirs from their supervisor.
    at.custodian.certificates.shown(at.x5t(await at.issue(spiffe)));
  }
}

/** Turns every ring, the one after the other, each to its end. What was made with the key before is taken through its overlap, and refused from its end on. */
async function everyRingTurns(workloads: readonly Workload[], auditor: Workload, firstFingerprint: string): Promise<void> {
  const opened = await keptWrapping();
  expect(await step("kek", "add")).toBe("done");
  await whenProven("kek", "activate");
  // Once everything is wrapped anew; the hour of its overlap is for those who have read a data key as it was before.
  await until(async () => (await at.owner.run`SELECT keys FROM phi.wraps() WHERE kek <> ${active("kek")} AND keys > 0`).length === 0, 40_000);
  await sleep(1500);
  expect(await opened()).toBe("opens");
  later("kek");
  expect(await step("kek", "retire")).toBe("done");
  expect(await opened()).toBe("keys.unavailable");

  expect(await step("audit", "add")).toBe("done");
  expect(await step("audit", "activate")).toBe("done");
  later("audit");
  // Once every chain goes on with the new one.
  await whenProven("audit", "retire");

  expect(await step("token", "add")).toBe("done");
  later("token");
  await whenProven("token", "activate");
  // Its certificate stays good to the end of this, by the authority of now: the token is what is judged.
  const stale = auditor.kept();
  await Promise.all(workloads.map((workload) => workload.renew()));
  expect(await stale.ask()).toBe("ok");
  later("token");
  // Its time is moved here, where nodes would know it by heart: they hear of it within a second.
  await until(async () => (await stale.ask()) !== "ok");
  expect([await stale.ask(), await stale.dial()]).toEqual(["token.key", "token.key"]);
  await whenProven("token", "retire");
  expect([await stale.ask(), await stale.dial()]).toEqual(["token.key", "token.key"]);

  // An export that is begun before the turn, of which all but the statement is asked for after it.
  const begun = await openExport(auditor, "system");
  expect(await step("sign", "add")).toBe("done");
  later("sign");
  await whenProven("sign", "activate");
  expect((await statusOf()).checkpointKey.vkey).not.toBe(begun.vkey);
  expect(await endExport(auditor, begun, firstFingerprint)).toMatchObject({ reads: "whole", fingerprint: begun.fingerprint });
  await until(async () => (await openExport(auditor, "system")).vkey !== begun.vkey, 10_000);
  expect(await signedBy(begun.vkey)).toBe("signed");
  later("sign");
  expect(await step("sign", "retire")).toBe("done");
  expect(await signedBy(begun.vkey)).toBe("verb.refused");

  expect(await step("ca", "add")).toBe("done");
  await sleep(2500);
  later("ca");
  await everybodyRenews(workloads);
  const dropped = auditor.kept();
  expect(await step("ca", "activate")).toBe("done");
  later("ca");
  await everybodyRenews(workloads);
  await sleep(500);
  expect(await dropped.dial()).toBe("ok");
  expect(await step("ca", "retire")).toBe("done");
  // Nodes hear of it within a second; from then on no connection is made with a certificate of it.
  await until(async () => (await dropped.dial()) !== "ok");
  expect(await dropped.dial()).toMatch(/^cut: (?:ECONNRESET|EPIPE|ERR_SSL_.*)$/);
  expect(await auditor.kept().dial()).toBe("ok");
}

interface Opened {
  readonly chain: string;
  readonly statement: string;
  readonly generations: readonly OpenedGeneration[];
  readonly vkey: string;
  readonly handovers: readonly string[];
  readonly fingerprint: string;
}
const openExport = async (auditor: Workload, chain: string): Promise<Opened> => (await auditor.data("trail.openExport", { chain })) as Opened;

/** Writes the bundle as a client does, and verifies it by this fingerprint. */
async function endExport(auditor: Workload, { chain, statement, generations, vkey, handovers }: Opened, fingerprint: string): Promise<BundleVerdict> {
  const folder = mkdtempSync(join(tmpdir(), "every-ring-bundle-"));
  try {
    const writer = await BundleWriter.create(folder, statement);
    for (const open of generations) {
      const { generation, size } = open;
      await writer.open(generation);
      for (let from = 1; from <= size; from += 1000) {
        await writer.addPage(openPage((await auditor.data("trail.readExport", { chain, generation, from, limit: Math.min(1000, size - from + 1), vkey })) as PackedPage));
      }
      await writer.addCheckpoints(await checkpointsOf((input) => auditor.data("trail.readCheckpoints", input), { chain, statement }, open));
    }
    await writer.finish({ names: {}, vocabulary: { actions: {}, reasons: {} }, handovers });
    return await verifyBundle(directoryReader(folder), { fingerprint });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The console has its certificate anew: what is opened from now on is opened by it, and what is open goes on. */
async function renewPersons(): Promise<void> {
  const fresh = await Persons.of(at);
  closing.push(() => fresh.close());
  const next = await fresh.add(`ada-${randomUUID().slice(0, 8)}`, "security_admin");
  for (const node of nodes) await fresh.known(node);
  admin = next;
}

/** Every record of every chain, by the key that its generation was begun with. */
async function assertTrailIsWhole(): Promise<void> {
  const { verdicts, incidents, marks } = await statusOf(["*"]);
  expect([verdicts.filter(({ broken }) => broken !== null), incidents]).toEqual([[], []]);
  const secrets = new Map(ring("audit").keys.map(({ id, secret }) => [id, secretKey(Buffer.from(secret ?? "", "base64url"))]));
  for (const { chain, generation, auditKey, size, mac } of marks) {
    const rows = await at.owner.run<{ seq: string; prev_mac: Buffer; mac: Buffer; body: string }>`
      SELECT seq, prev_mac, mac, body FROM audit.records WHERE chain = ${chain} AND generation = ${generation} AND seq <= ${size} ORDER BY seq`;
    const verifier = new DeepVerifier({ deployment: at.custodian.deployment, chain, generation, auditKey: secrets.get(auditKey) as never, marks: [{ size, mac }] });
    for (const row of rows) {
      const record: SealedRecord = { chain, generation, seq: Number(row.seq), prevMac: row.prev_mac.toString("hex"), mac: row.mac.toString("hex"), body: row.body };
      verifier.push(record);
    }
    expect([chain, generation, verifier.end()]).toEqual([chain, generation, null]);
  }
}

test(
  "every ring turns in turn under reads, writes, streams and renewed tokens on two nodes: nobody is refused, nothing is accepted after its overlap, and the trail is whole",
  async () => {
    const [first] = nodes as readonly [Api];
    const page = dataOf(await first.call("reviewer", "subjects.list", {})) as { items: { subjectId: string }[] };
    const [reviewer, ingest, auditor] = LOADED.map((who) => new Workload(who)) as [Workload, Workload, Workload];
    const workloads = [reviewer, ingest, auditor];
    await Promise.all(workloads.map((workload) => workload.renew()));
    const { fingerprint } = (await statusOf()).checkpointKey;
    const outcomes = new Map<string, number>();
    let isOver = false;
    const steadily = async (name: string, work: (n: number) => Promise<string>): Promise<void> => {
      for (let n = 0; !isOver; n += 1) {
        const outcome = `${name}: ${await work(n).catch((error: unknown) => (error instanceof Error ? error.message : "failed"))}`;
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        await sleep(PAUSE_MS);
      }
    };
    const revealed = (n: number): Promise<string> =>
      reviewer.ask(n, "subjects.reveal", { subjectId: page.items[n % page.items.length]?.subjectId, field: "DM.AGE", purpose: "safety", reason: "an adverse event" });
    const written = (n: number): Promise<string> => ingest.ask(n, "packets.upload", { study: STUDY, content: demographics([{ site: "701", subject: `9${n}` }]) });
    /** A stream that goes on until its certificate's authority is dropped, or all is over. */
    const streamed = async (n: number): Promise<string> => {
      let seen = 0;
      const who = admin;
      try {
        for await (const _ of who.watch(nodes[n % 2] as Api, "crossings.watch", {})) {
          seen += 1;
          if (isOver || who !== admin) break;
        }
      } catch (error) {
        // A stream of a certificate whose authority was dropped ends with it; its owner opens another.
        if (who === admin) throw error;
      }
      return seen > 0 || who !== admin || isOver ? "ok" : "nothing came";
    };
    const load = [
      steadily("read", revealed),
      steadily("read", (n) => revealed(n + 1)),
      steadily("write", written),
      steadily("token", (n) => reviewer.refresh(n)),
      steadily("stream", streamed),
    ];
    const done = (): number => [...outcomes].filter(([outcome]) => !outcome.startsWith("stream")).reduce((sum, [, count]) => sum + count, 0);
    /** Requests in a second, while this goes on. */
    const rateOf = async (work: () => Promise<unknown>): Promise<number> => {
      const [begun, from] = [done(), performance.now()];
      await work();
      return ((done() - begun) * 1000) / (performance.now() - from);
    };
    const keys = { token: active("token"), kek: active("kek"), audit: active("audit"), sign: active("sign"), ca: active("ca") };
    let [quiet, turning] = [0, 0];
    try {
      quiet = await rateOf(() => sleep(QUIET_MS));
      turning = await rateOf(async () => {
        for (let round = 0; round < ROUNDS; round += 1) await everyRingTurns(workloads, auditor, fingerprint);
      });
      await sleep(1000);
    } finally {
      isOver = true;
      // A stream ends with the next thing that it tells.
      await Promise.race([
        Promise.all(load),
        (async () => {
          for (;;) {
            await first.call("reviewer", "subjects.list", {}).catch(() => undefined);
            await sleep(200);
          }
        })(),
      ]);
    }
    expect([...outcomes.keys()].toSorted()).toEqual(["read: ok", "stream: ok", "token: ok", "write: ok"]);
    for (const name of ["token", "kek", "audit", "sign", "ca"] as const) {
      expect([name, ring(name).keys.find(({ id }) => id === keys[name])?.state]).toEqual([name, "retired"]);
      expect(active(name)).toBe(`${name}-${1 + ROUNDS}`);
    }
    // Nothing is sealed with the old key.
    expect([
      ...new Set(
        (await statusOf()).marks
          .toReversed()
          .filter((mark, n, all) => all.findIndex(({ chain }) => chain === mark.chain) === n)
          .map(({ auditKey }) => auditKey),
      ),
    ]).toEqual([active("audit")]);
    await assertTrailIsWhole();
    // Who compared the fingerprint before the first turn verifies all that was written since.
    for (const chain of new Set((await statusOf()).marks.map((mark) => mark.chain)))
      expect(await endExport(auditor, await openExport(auditor, chain), fingerprint)).toMatchObject({ reads: "whole", chain, handedOver: { length: ROUNDS } });
    expect([quiet, turning].every((rate) => rate > 0)).toBe(true);
    process.stdout.write(`every ring: ${quiet.toFixed(0)} requests in a second without a rotation, ${turning.toFixed(0)} while every ring turned ${ROUNDS} times\n`);
    if (IS_LONG) expect(turning).toBeGreaterThanOrEqual(quiet / 2);
  },
  IS_LONG ? 900_000 : 240_000,
);
