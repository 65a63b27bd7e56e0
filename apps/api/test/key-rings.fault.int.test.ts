import { ringStepDigest } from "@sallyport/api";
import { type KeyRing, ringOf } from "@sallyport/custody/keys";
import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { custodianWith } from "./faulty-custodian.ts";
import { demographics, STUDY } from "./dataset.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";
import { PASSWORD_PROOF, proofOver, provenByDigest } from "./step-up-ports.ts";

type Ring = { readonly ring: "token" | "kek"; readonly at: number; readonly keys: readonly { readonly keyId: string; readonly state: string; readonly dataKeys: number | null }[] };

let at: Deployment;
let api: Api;
let other: Api;
let persons: Persons;
let keeper: SignedIn;
let admin: SignedIn;
let isLost = false;
beforeAll(async () => {
  at = await deployment();
  // A custodian whose answer to a step may be lost on its way.
  api = await at.serve({
    ports: provenByDigest(),
    keyTtlMs: 0,
    custodian: (real) =>
      custodianWith(real, {
        rotate: async (asked, deadlineMs) => {
          const answer = await real.rotate(asked, deadlineMs);
          if (isLost && asked.kind === "step") throw new Error("the connection is gone");
          return answer;
        },
      }),
  });
  await at.seed(api);
  other = await at.serve({ ports: provenByDigest() });
  persons = await Persons.of(at);
  [keeper, admin] = [await persons.add("kim", "key_custodian"), await persons.add("ada", "security_admin")];
  await Promise.all([persons.known(api), persons.known(other)]);
});
afterAll(async () => {
  persons?.close();
  await other?.close();
  await api?.close();
  await at?.close();
});

const standing = async (ring: Ring["ring"], who = keeper): Promise<Ring> =>
  (dataOf(await who.call(api, "keys.rings", {})) as { rings: readonly Ring[] }).rings.find((each) => each.ring === ring) as Ring;
async function step(ring: Ring["ring"], name: string, { who = keeper, proof }: { readonly who?: SignedIn; readonly proof?: object } = {}): Promise<string> {
  const { at: from } = ringOf(at.custodian.store, ring);
  const asked = { ring, step: name as "add", at: from };
  const reply = await who.call(api, "keys.step", { ...asked, reason: "it is time to turn", proof: proof ?? proofOver(ringStepDigest(who.person, asked), who.person) });
  return codeOf(reply) === "ok" ? (dataOf(reply) as { ring: Ring }).ring.keys.map(({ keyId, state }) => `${keyId} ${state}`).join(", ") : codeOf(reply);
}
const keep = (name: Ring["ring"], change: (key: KeyRing["keys"][number]) => KeyRing["keys"][number]): void => {
  const ring = ringOf(at.custodian.store, name);
  at.custodian.store.put("keyring", name, { ...ring, keys: ring.keys.map(change) });
};
const nowS = (): number => Math.floor(Date.now() / 1000);

test("rings are shown to who may see them, and turned by who may turn them, with a proof over that very step", async () => {
  const shown = dataOf(await admin.call(api, "keys.rings", {})) as { mayStep: boolean; rings: readonly { ring: string }[] };
  expect([shown.mayStep, shown.rings.map(({ ring }) => ring)]).toEqual([false, ["kek", "audit", "token", "sign", "ca"]]);
  const { certificates } = dataOf(await admin.call(api, "keys.rings", {})) as {
    certificates: readonly { workload: string; serial: string; issuer: string; notAfter: string; renewal: string; isShown: boolean; isLate: boolean }[];
  };
  expect(certificates.map(({ workload }) => workload)).toEqual(expect.arrayContaining(["zone/application/api", "zone/data/custodian", "service/reviewer"]));
  expect(new Set(certificates.map(({ workload }) => workload)).size).toBe(certificates.length);
  for (const { serial, issuer, notAfter, renewal, isLate } of certificates) {
    expect([issuer, isLate, serial.length > 8, (Date.parse(notAfter) - Date.parse(renewal)) / 3_600_000]).toEqual(["ca-1", false, true, 8]);
  }
  expect((await standing("kek")).keys[0]?.dataKeys).toBeGreaterThan(5);
  expect(codeOf(await api.call("reviewer", "keys.rings", {}))).toBe("policy.denied");
  expect(await step("kek", "add", { who: admin })).toBe("policy.denied");
  expect(codeOf(await api.call("custodian", "keys.step", { ring: "kek", step: "add", at: 0, reason: "it is time to turn", proof: PASSWORD_PROOF }))).toBe("policy.denied");
  const elsewhere = ringStepDigest(keeper.person, { ring: "token", step: "add", at: 0 });
  expect(await step("kek", "add", { proof: proofOver(elsewhere, keeper.person) })).toBe("stepup.failed");
  expect((await standing("kek")).at).toBe(0);
  const rehearsal = JSON.stringify(dataOf(await keeper.call(api, "keys.rehearse", { ring: "kek" })));
  expect(rehearsal).toContain("Make the next key: can be done now.");
  const [stored] = await at.owner.run<{ fields: string }>`SELECT sum(phi.lines_of(fields)) AS fields FROM phi.sealed_records`;
  expect(Number(stored?.fields)).toBeGreaterThan(0);
  expect(rehearsal).toMatch(new RegExp(`kek-1 \\(active\\): \\d+ data keys, with ${String(stored?.fields)} fields\\.`));
});

interface Checklist {
  readonly turn: string;
  readonly turns: readonly string[];
  readonly mayRecord: boolean;
  readonly steps: readonly {
    readonly step: string;
    readonly by: string;
    readonly isDone: boolean;
    readonly standing: string | null;
    readonly said: readonly { readonly note: string }[];
  }[];
}
const checklist = async (input: object, who = keeper): Promise<Checklist> => dataOf(await who.call(api, "keys.checklist", input)) as Checklist;
const doneOf = ({ steps }: Checklist): readonly string[] => steps.filter(({ isDone }) => isDone).map(({ step }) => step);

test("what is left to a person around a turn is said by who may turn, stays, and is sealed; what the product sees nobody can say", async () => {
  const note = "the backup is on the disk with the number 12";
  const evidence = { sha256: "5e".repeat(32), bytes: 12 };
  const say = async (turn: string, step: string, who = keeper): Promise<string> => codeOf(await who.call(api, "keys.recordStep", { turn, step, note, evidence }));
  expect(await checklist({ ring: "kek" })).toMatchObject({ turn: "kek-2", turns: ["kek-2"], mayRecord: true });
  expect(await say("kek-2", "copied")).toBe("ok");
  expect([await say("kek-2", "copied", admin), await say("kek-3", "copied"), await say("kek-2", "told"), await say("kek-2", "used")]).toEqual([
    "policy.denied",
    "policy.denied",
    "policy.denied",
    "input.invalid",
  ]);
  const shown = await checklist({ ring: "kek" }, admin);
  expect([shown.mayRecord, doneOf(shown), shown.steps.find(({ step }) => step === "copied")?.said]).toMatchObject([false, ["copied"], [{ note, evidence }]]);
  expect(codeOf(await api.call("reviewer", "keys.checklist", { ring: "kek" }))).toBe("policy.denied");
  const record = (await at.records("system")).find(({ detail }) => detail?.includes("did=copied"));
  expect(record).toMatchObject({ principal: keeper.principal, action: "keys.rotate", resource: "ring/kek" });
  expect(record?.["detail"]).toContain(`evidence=${evidence.sha256}`);
  expect(JSON.stringify(await at.records("system"))).not.toContain("number 12");
  await expect(at.owner.run`DELETE FROM audit.key_steps`).rejects.toThrow();
});

test("the root key's moves have a checklist, of which the move itself is seen in the custodian's store", async () => {
  expect(await checklist({ ring: "root" })).toMatchObject({ turn: "root-2", turns: ["root-2"] });
  expect(doneOf(await checklist({ ring: "root" }))).toEqual([]);
  at.custodian.store.put("rootmove", "-", { n: 1, atMs: Date.now(), to: "pkcs11" });
  const moved = await checklist({ ring: "root" });
  expect([moved.turn, moved.turns, doneOf(moved)]).toEqual(["root-2", ["root-3", "root-2"], ["moved", "opens"]]);
  expect(moved.steps.find(({ step }) => step === "moved")?.standing).toContain("to pkcs11");
  at.custodian.store.put("rootmove", "-", null);
});

test("a step is on record with its reason's commitment and has evidence; a lost answer is asked for again, and a stale one changes nothing", async () => {
  const asked = { ring: "kek" as const, step: "add" as const, at: 0 };
  const input = { ...asked, reason: "it is time to turn", proof: PASSWORD_PROOF };
  const key = "key-rings-0123456789";
  isLost = true;
  expect(codeOf(await keeper.call(api, "keys.step", input, key))).not.toBe("ok");
  isLost = false;
  expect(ringOf(at.custodian.store, "kek").at).toBe(1);
  const reply = dataOf(await keeper.call(api, "keys.step", input, key)) as { ring: Ring; evidence: readonly { chain: string }[] };
  expect([reply.ring.at, reply.evidence.map(({ chain }) => chain)]).toEqual([1, ["system"]]);
  expect(codeOf(await keeper.call(api, "keys.step", { ...input, step: "drop" }))).toBe("keys.step");
  const records = await at.records("system");
  expect(records.find(({ action, decision, detail }) => action === "keys.rotate" && decision === "allow" && detail?.includes("step=add"))).toMatchObject({
    principal: keeper.principal,
    resource: "ring/kek",
  });
  await until(async () => (await at.records("system")).some(({ principal, action }) => principal === "custodian" && action === "keys.rotated"), 5000);
});

test("the key-encryption ring turns under reads, everything is wrapped anew, and back", async () => {
  const page = dataOf(await api.call("reviewer", "subjects.list", {})) as { items: { subjectId: string }[] };
  const reads = async (): Promise<string> => {
    const codes = await Promise.all(
      page.items.map(async ({ subjectId }) => codeOf(await api.call("reviewer", "subjects.reveal", { subjectId, field: "DM.AGE", purpose: "safety", reason: "an adverse event" }))),
    );
    return [...new Set(codes)].join();
  };
  expect(doneOf(await checklist({ ring: "kek" }))).toEqual(["copied", "made"]);
  expect(await step("kek", "activate")).toBe("kek-1 retiring, kek-2 active");
  expect(doneOf(await checklist({ ring: "kek" }))).toEqual(expect.arrayContaining(["copied", "made", "used"]));
  expect(await reads()).toBe("ok");
  const moved = async (from: string): Promise<boolean> => (await standing("kek")).keys.find(({ keyId }) => keyId === from)?.dataKeys === 0;
  await until(() => moved("kek-1"), 15_000);
  expect(doneOf(await checklist({ ring: "kek" }))).toEqual(["copied", "made", "used", "moved"]);
  expect(await step("kek", "retire")).toBe("keys.early");
  expect(await step("kek", "revert")).toBe("kek-1 active, kek-2 retiring");
  const turnedBack = await checklist({ ring: "kek" });
  expect([turnedBack.turn, doneOf(turnedBack), turnedBack.steps.find(({ step: each }) => each === "used")?.standing]).toEqual([
    "kek-2",
    ["copied", "made"],
    "it was turned back to kek-1",
  ]);
  await until(() => moved("kek-2"), 15_000);
  expect(await reads()).toBe("ok");
  const { rewraps } = dataOf(await keeper.call(api, "keys.rings", {})) as { rewraps: readonly { from: string; moved: number; left: number; stuck: number }[] };
  expect(rewraps.map(({ from, left, stuck }) => [from, left, stuck])).toEqual([
    ["kek-2", 0, 0],
    ["kek-1", expect.any(Number), 0],
  ]);
});

/** Whether every running node holds the next token key. A node that was ended before this began counts as running until it was silent for a while. */
const isHeld = async (): Promise<boolean> =>
  JSON.stringify(dataOf(await keeper.call(api, "keys.rehearse", { ring: "token" }))).includes("Put the next key in use: can be done now");
const retired = async (ring: Ring["ring"]): Promise<string> => {
  keep(ring, (key) => (key.state === "retiring" ? { ...key, untilS: 0 } : key));
  return step(ring, "retire");
};

test("both rings turn, one of them back, under reads, writes, renewed tokens and an open watch, on two nodes, and nobody is refused", async () => {
  const page = dataOf(await api.call("reviewer", "subjects.list", {})) as { items: { subjectId: string }[] };
  const outcomes = new Map<string, number>();
  let isOver = false;
  const steadily = async (name: string, work: (n: number) => Promise<string>): Promise<void> => {
    for (let n = 0; !isOver; n += 1) {
      const outcome = `${name}: ${await work(n)}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  };
  const nodes = [api, other] as const;
  const refreshed = async (n: number): Promise<string> => {
    const [minting, asked] = [nodes[n % 2] as Api, nodes[(n + 1) % 2] as Api];
    const reply = await minting.client("reviewer").send({ path: "/token", body: "{}" });
    if (reply.status !== 200) return `no token, ${codeOf(reply)}`;
    return codeOf(await asked.client("reviewer").call("subjects.list", {}, (JSON.parse(reply.text) as { token: string }).token));
  };
  const revealed = async (n: number): Promise<string> => {
    const { subjectId } = page.items[n % page.items.length] ?? { subjectId: "" };
    return codeOf(await (nodes[n % 2] as Api).call("reviewer", "subjects.reveal", { subjectId, field: "DM.AGE", purpose: "safety", reason: "an adverse event" }));
  };
  const written = async (n: number): Promise<string> =>
    codeOf(await (nodes[n % 2] as Api).call("ingest", "packets.upload", { study: STUDY, content: demographics([{ site: "701", subject: `9${n}` }]) }));
  const watch = admin.watch(api, "crossings.watch", {});
  const watched = (async () => {
    for await (const _ of watch) if (isOver) return "over";
    return "ended";
  })();
  const load = [steadily("read", revealed), steadily("write", written), steadily("token", refreshed)];
  try {
    expect(await retired("kek")).toMatch(/kek-2 retired/);
    for (const name of ["kek", "token"] as const) expect(await step(name, "add")).toMatch(/next$/);
    expect(await step("kek", "activate")).toMatch(/kek-3 active$/);
    keep("token", (key) => (key.state === "next" ? { ...key, fromS: nowS() } : key));
    await until(isHeld, 25_000);
    expect(await step("token", "activate")).toBe("token-1 retiring, token-2 active");
    await until(async () => (await standing("kek")).keys.find(({ keyId }) => keyId === "kek-1")?.dataKeys === 0, 15_000);
    expect(await retired("kek")).toMatch(/^kek-1 retired/);
    expect(await step("token", "revert")).toBe("token-1 active, token-2 retiring");
  } finally {
    isOver = true;
    await Promise.all(load);
  }
  await api.call("reviewer", "subjects.list", {});
  expect(await watched).toBe("over");
  expect([...outcomes.keys()].toSorted()).toEqual(["read: ok", "token: ok", "write: ok"]);
  expect(await retired("token")).toBe("token-1 active, token-2 retired");
}, 90_000);

faultTest("T17", "the token ring turns across two nodes once both hold the next key, and neither refuses a token in between", async (defence) => {
  const first = at.forge("reviewer");
  const ask = async (of: Api, token: string): Promise<string> => codeOf(await of.client("reviewer").call("subjects.list", {}, token));
  expect(await step("token", "add")).toMatch(/token-\d next$/);
  // Off: the custodian puts it in use at once, whatever the nodes hold.
  if (defence === "off")
    keep("token", (key) => ({ ...key, state: key.state === "next" ? "active" : key.state === "active" ? "retiring" : key.state, untilS: key.state === "active" ? 0 : null }));
  else {
    expect(await step("token", "activate", { proof: PASSWORD_PROOF })).toBe("keys.early");
    keep("token", (key) => (key.state === "next" ? { ...key, fromS: nowS() } : key));
    await until(isHeld, 25_000);
    expect(await step("token", "activate")).toMatch(/token-\d active$/);
  }
  const second = at.forge("reviewer");
  const answers: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    for (const of of [api, other]) for (const token of [first, second]) answers.push(await ask(of, token));
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
  expect([...new Set(answers)]).toEqual(["ok"]);
});
