import { openFoundingLinks } from "@sallyport/custody/credentials";
import { codeOf as failureCode, SallyportError } from "@sallyport/errors";
import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demographics, PEOPLE, STUDY } from "./dataset.ts";
import type { Reply } from "./door-client.ts";
import { custodianWith } from "./faulty-custodian.ts";
import { Desk, type Enrolled } from "./people.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";

const REASON = "asked for by the subject, in writing";
let at: Deployment;
let api: Api;
let desk: Desk;
let ada: Enrolled;
let ben: Enrolled;
let kim: Enrolled;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  desk = await Desk.of(at);
  const [one, two] = openFoundingLinks(at.custodian.store).map(({ secret }) => secret);
  ada = await desk.enrol(api, one ?? "", { username: "ada", printedName: "Ada" }, "passkey");
  ben = await desk.enrol(api, two ?? "", { username: "ben", printedName: "Ben" }, "passkey");
  kim = await desk.person(api, "kim", "passkey", { role: "regulatory_reviewer", study: STUDY });
  await at.seed(api);
}, 60_000);
afterAll(async () => {
  desk?.close();
  await api?.close();
  await at?.close();
});

interface Approval {
  readonly approvalId: string;
  readonly digest: string;
}
const ask = async (who: Enrolled, kind: string, input: object, on = api): Promise<Reply> =>
  desk.call(on, await desk.signIn(on, who), `approvals.${kind}`, { ...input, reason: REASON });
const approvalIn = (reply: Reply): Approval => (dataOf(reply) as { approval: Approval }).approval;
async function decide(who: Enrolled, { approvalId, digest }: Approval, on = api): Promise<string> {
  const proof = { kind: "passkey", response: who.authenticator?.assert(Buffer.from(digest, "hex")) };
  return codeOf(await desk.call(on, await desk.signIn(on, who), "approvals.decide", { approvalId, digest, verdict: "approve", reason: REASON, proof }));
}
const retain = async (day: string): Promise<string> => decide(ben, approvalIn(await ask(ada, "requestRetention", { study: STUDY, until: day })));
const askShred = (subjectId: string, on = api): Promise<Reply> => ask(kim, "requestShred", { subjectId }, on);
/** Asked for, and approved by both. */
async function shred(subjectId: string, on = api): Promise<readonly string[]> {
  const approval = approvalIn(await askShred(subjectId, on));
  return [await decide(ada, approval, on), await decide(ben, approval, on)];
}
async function subjects(): Promise<readonly { readonly subjectId: string; readonly label: string; readonly isShredded: boolean }[]> {
  return (dataOf(await api.call("reviewer", "subjects.list", {})) as { items: { subjectId: string; label: string; isShredded: boolean }[] }).items;
}
const subject = async (n: number): Promise<string> => (await subjects())[n]?.subjectId ?? "";
const reveal = async (subjectId: string, on = api): Promise<string> =>
  codeOf(await on.call("reviewer", "subjects.reveal", { subjectId, field: "DM.SUBJID", purpose: "audit", reason: REASON }));
interface Shred {
  readonly destroyedAt: string | null;
}
const isDestroyed = (subjectId: string) => async (): Promise<boolean> => {
  const reply = await api.call("reviewer", "subjects.get", { subjectId });
  return codeOf(reply) === "ok" && ((dataOf(reply) as { shred: Shred | null }).shred?.destroyedAt ?? null) !== null;
};

test("a study's data are kept until a day that two people named: nobody asks for a shred before, and an undecided packet stands in the way", async () => {
  const subjectId = await subject(0);
  expect(codeOf(await askShred(subjectId))).toBe("subject.retained");
  expect(await retain("2999-01-01")).toBe("ok");
  expect(codeOf(await askShred(subjectId))).toBe("subject.retained");
  expect(await retain("2020-01-01")).toBe("ok");
  expect(
    (dataOf(await api.call("admin", "studies.list", {})) as { studies: { study: string; retainedUntil: string | null }[] }).studies.find(({ study }) => study === STUDY),
  ).toMatchObject({
    retainedUntil: "2020-01-01",
  });
  // By the function alone nobody says another day, nor shreds: it looks the approval up.
  const alone = (work: string): Promise<string> =>
    api.database
      .transaction(async (tx) => {
        await tx`SELECT set_config('sallyport.action', 'approval.decide', true)`;
        await (work === "retain" ? tx`SELECT regulatory.retain('apr_none')` : tx`SELECT phi.shred_subject(${subjectId}, 'apr_none', '', 1)`);
      })
      .then(() => "done", failureCode);
  expect([await alone("retain"), await alone("shred")]).toEqual(["policy.denied", "policy.denied"]);

  const { packetId } = dataOf(await api.call("ingest", "packets.upload", { study: STUDY, content: demographics(PEOPLE) })) as { packetId: string };
  expect(codeOf(await askShred(subjectId))).toBe("subject.blocked");
  dataOf(await api.call("steward", "packets.reject", { packetId, reason: REASON }));
});

test("a shredded subject opens nowhere any more, on no node; lists, exposure and the trail go on, and say who and when", async () => {
  await using other = await at.serve();
  const subjectId = await subject(0);
  expect([await reveal(subjectId), await reveal(subjectId, other), await reveal(await subject(1), other)]).toEqual(["ok", "ok", "ok"]);
  const wraps = async (): Promise<number> => Number((await at.owner.run<{ keys: string }>`SELECT keys FROM phi.wraps() WHERE kek = 'kek-1'`)[0]?.keys);
  const before = await wraps();
  const approval = approvalIn(await askShred(subjectId));
  expect([await decide(kim, approval), await decide(ada, approval)]).toEqual(["policy.denied", "ok"]);
  expect(await reveal(subjectId)).toBe("ok");
  expect(await decide(ben, approval)).toBe("ok");
  expect(await wraps()).toBe(before - 3);
  // At once: what is kept of the key is found by what is stored no more.
  expect([await reveal(subjectId), await reveal(subjectId, other)]).toEqual(["subject.shredded", "subject.shredded"]);
  await until(isDestroyed(subjectId), 5000);
  const whole = dataOf(await api.call("reviewer", "subjects.get", { subjectId })) as object;
  expect(whole).toMatchObject({ isShredded: true, fields: [], shred: { requestedBy: "Person kim", approvedBy: ["Ada", "Ben"], packets: 2 } });
  expect((await subjects()).map(({ isShredded }) => isShredded).filter(Boolean)).toHaveLength(1);
  expect(await reveal(await subject(1), other)).toBe("ok");
  for (const [who, procedure, input] of [
    ["auditor", "subjects.exposure", { subjectId }],
    ["auditor", "crossings.search", { limit: 10 }],
    ["steward", "packets.list", {}],
  ] as const)
    expect([procedure, codeOf(await api.call(who, procedure, input))]).toEqual([procedure, "ok"]);
  const elsewhere = (whole as { site: string }).site === "701" ? "704" : "701";
  for (const [procedure, input] of [
    ["subjects.history", {}],
    ["subjects.withdraw", { from: "2024-01-01", reason: REASON }],
    ["subjects.transfer", { to: elsewhere, reason: REASON }],
  ] as const)
    expect([procedure, codeOf(await api.call("regulatory", procedure, { subjectId, ...input }))]).toEqual([procedure, "subject.shredded"]);
  // A packet that names it is not released.
  const { packetId } = dataOf(await api.call("ingest", "packets.upload", { study: STUDY, content: demographics(PEOPLE) })) as { packetId: string };
  expect(codeOf(await api.call("steward", "packets.release", { packetId, reason: REASON }))).toBe("subject.shredded");
  dataOf(await api.call("steward", "packets.reject", { packetId, reason: REASON }));
  expect(codeOf(await askShred(subjectId))).toBe("subject.shredded");
  const told = async (): Promise<boolean> =>
    (await at.records("system")).some(
      ({ action, resource, detail }) => action === "subject.shredded" && resource?.startsWith("ref:") === true && detail?.includes(";packets=2") === true,
    );
  await until(told, 5000);
  const { chains: verdicts } = dataOf(await api.call("auditor", "trail.verify", {})) as { chains: { broken: unknown }[] };
  expect(verdicts.every(({ broken }) => broken === null)).toBe(true);
}, 30_000);

/** The wrapped keys as a dump has them, and the database with them put back. */
async function dumped(): Promise<() => Promise<void>> {
  const [kept, packets] = [
    await at.owner.run<{ id: string; wrapped: string }>`SELECT id, wrapped FROM phi.subjects`,
    await at.owner.run<{ id: string; wrapped: string }>`SELECT id, wrapped FROM ingress.packets`,
  ];
  return () =>
    at.owner.transaction(async (tx) => {
      await tx`SET LOCAL session_replication_role = replica`;
      for (const { id, wrapped } of kept) await tx`UPDATE phi.subjects SET wrapped = ${wrapped} WHERE id = ${id}`;
      for (const { id, wrapped } of packets) await tx`UPDATE ingress.packets SET wrapped = ${wrapped} WHERE id = ${id} AND wrapped <> ${wrapped}`;
    });
}

faultTest(
  "E4",
  "a dump of before a shred, put back, opens nothing of the subject on any node",
  async (defence) => {
    const n = defence === "on" ? 1 : 2;
    const subjectId = await subject(n);
    const putBack = await dumped();
    expect(await reveal(subjectId)).toBe("ok");
    const shares = [...at.custodian.store.all("share")];
    expect(await shred(subjectId)).toEqual(["ok", "ok"]);
    await until(isDestroyed(subjectId), 5000);
    // Off: as if the custodian had kept what it held.
    if (defence === "off") {
      for (const [id, share] of shares) at.custodian.store.put("share", id, share);
    }
    // Within a second every node has forgotten what it kept.
    await until(() => api.process.watch.status().shreds === at.custodian.store.all("shred").size, 3000);
    await putBack();
    try {
      await using fresh = await at.serve();
      expect([await reveal(subjectId), await reveal(subjectId, fresh)]).toEqual(["subject.shredded", "subject.shredded"]);
    } finally {
      await at.owner.transaction(async (tx) => {
        await tx`SET LOCAL session_replication_role = replica`;
        await tx`UPDATE phi.subjects SET wrapped = 'shredded' WHERE id IN (SELECT subject FROM phi.shreds)`;
      });
    }
  },
  30_000,
);

test("a node that ends between the commit and the custodian leaves a shred that another one finishes; a custodian that refuses leaves none", async () => {
  const subjectId = await subject(3);
  await api.close();
  const away = (): Promise<never> => Promise.reject(new SallyportError("keys.unavailable"));
  const refuses = await at.serve({ custodian: (real) => custodianWith(real, { shred: () => Promise.reject(new SallyportError("verb.refused")) }) });
  const approval = approvalIn(await askShred(subjectId, refuses));
  expect([await decide(ada, approval, refuses), await decide(ben, approval, refuses)]).toEqual(["ok", "verb.refused"]);
  expect(await reveal(subjectId, refuses)).toBe("ok");
  await refuses.close();
  const ends = await at.serve({ custodian: (real) => custodianWith(real, { shred: (request, ms) => (request.kind === "check" ? real.shred(request, ms) : away()) }) });
  expect(await decide(ben, approval, ends)).toBe("ok");
  expect(await reveal(subjectId, ends)).toBe("subject.shredded");
  const dueAfter = (atMs: number, id: string) => at.owner.run<{ subject: string; approval: string; at_ms: string }>`SELECT * FROM phi.shreds_due(1, ${atMs}::bigint, ${id})`;
  const [due] = await dueAfter(0, "");
  expect(due).toMatchObject({ subject: subjectId, approval: approval.approvalId });
  expect([await dueAfter(Number(due?.at_ms), "sub_0"), await dueAfter(Number(due?.at_ms), subjectId)]).toEqual([[due], []]);
  await ends.close();
  api = await at.serve();
  await until(isDestroyed(subjectId), 5000);
  expect(at.custodian.store.get("shred", subjectId)?.by).toHaveLength(3);
}, 30_000);
