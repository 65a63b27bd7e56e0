import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asked as askedBy, decided as decidedBy, type Shown, shown as shownTo, type Summary } from "./approval-steps.ts";
import { STUDY } from "./dataset.ts";
import { custodianWith } from "./faulty-custodian.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment } from "./stack.ts";
import { provenByDigest } from "./step-up-ports.ts";

const REASON = "because it has to be so";
let at: Deployment;
let api: Api;
let persons: Persons;
let ada: SignedIn;
let subject = "";
beforeAll(async () => {
  at = await deployment();
  api = await at.serve({ ports: provenByDigest() });
  await at.seed(api);
  const [row] = await at.owner.run<{ id: string }>`SELECT id FROM phi.subjects WHERE site = '701' ORDER BY id LIMIT 1`;
  subject = row?.id ?? "";
  persons = await Persons.of(at);
  ada = await someone("ada", "security_admin");
});
afterAll(async () => {
  persons?.close();
  await api?.close();
  await at?.close();
});

const someone = async (username: string, role: string, place: { study?: string; site?: string } = {}): Promise<SignedIn> => {
  const added = await persons.add(username, role, place);
  await persons.known(api);
  return added;
};
const ask = (who: SignedIn, procedure: string, input: object): Promise<Summary> => askedBy(api, who, procedure, { ...input, reason: REASON });
const show = (who: SignedIn, approvalId: string): Promise<Shown> => shownTo(api, who, approvalId);
const vote = (who: SignedIn, on: Summary) => decidedBy(api, who, on, REASON);

const refused = (): never => {
  throw new SallyportError("trail.unanchored");
};
const aged = <Row extends { readonly usableUntilMs: number | null }>(row: Row | null): Row | null => (row === null ? null : { ...row, usableUntilMs: Date.now() - 1 });

describe("a bulk reveal", () => {
  test("is opened once, in time, by who asked, and its approver sees no value", async () => {
    const nia = await someone("nia", "clinical_reviewer", { study: STUDY, site: "701" });
    const odo = await someone("odo", "regulatory_reviewer", { study: STUDY, site: "701" });
    const pia = await someone("pia", "regulatory_reviewer", { study: STUDY, site: "704" });
    const fields = ["DM.SUBJID", "DM.SEX"];
    const asked = await ask(nia, "requestBulkReveal", { subjectId: subject, fields, purpose: "safety" });
    expect(codeOf(await nia.call(api, "approvals.requestBulkReveal", { subjectId: subject, fields: ["DM.ARM"], purpose: "safety", reason: REASON }))).toBe("policy.denied");
    const open = (who: SignedIn, approvalId = asked.approvalId) => who.call(api, "subjects.openBulk", { approvalId });
    expect(codeOf(await open(nia))).toBe("approval.state");
    const shown = await show(odo, asked.approvalId);
    expect(shown.effect.map(({ what }) => what)).toEqual([`${asked.about}: opened to`, "purpose", ...fields]);
    expect(codeOf(await pia.call(api, "approvals.get", { approvalId: asked.approvalId }))).toBe("policy.denied");
    expect(codeOf(await ada.call(api, "approvals.get", { approvalId: asked.approvalId }))).toBe("policy.denied");
    const decided = dataOf(await vote(odo, asked)) as { approval: Summary; evidence: readonly { chain: string }[] };
    expect(decided.approval.state).toBe("approved");
    expect(decided.evidence.map(({ chain }) => chain)).toEqual([`site:${STUDY}/701`]);
    expect(codeOf(await open(odo))).toBe("policy.denied");
    const [one, other] = await Promise.all([open(nia), open(nia)]);
    expect([codeOf(one), codeOf(other)].toSorted()).toEqual(["approval.state", "ok"]);
    const opened = dataOf([one, other].find(({ status }) => status === 200) ?? one) as { fields: readonly { field: string; value: unknown }[] };
    expect(opened.fields.map(({ field }) => field).toSorted()).toEqual(fields.toSorted());
    expect(codeOf(await open(nia))).toBe("approval.state");
    const value = String(opened.fields.find(({ field }) => field === "DM.SUBJID")?.value);
    expect(JSON.stringify(shown)).not.toContain(value);
    const record = (await at.records(`site:${STUDY}/701`)).find(({ action, decision }) => action === "phi.bulk_reveal" && decision === "allow");
    expect(record?.["resource"]).not.toContain(subject);
    expect(JSON.stringify(await at.records(`site:${STUDY}/701`))).not.toContain(subject);
  });

  test("waits for its evidence, and is answered by its repeat: by its key, to its caller, in time", async () => {
    const [nia, odo] = [await someone("nia3", "clinical_reviewer", { study: STUDY, site: "701" }), await someone("odo3", "regulatory_reviewer", { study: STUDY, site: "701" })];
    const asked = await ask(nia, "requestBulkReveal", { subjectId: subject, fields: ["DM.SEX"], purpose: "safety" });
    expect(codeOf(await vote(odo, asked))).toBe("ok");
    const open = (where: Api, key: string, who = nia, approvalId = asked.approvalId) => who.call(where, "subjects.openBulk", { approvalId }, key);
    const key = "opened-by-nia-the-third";
    const on = `site:${STUDY}/701`;
    const opened = async () =>
      (await at.records(on))
        .filter(({ action, principal }) => action === "phi.bulk_reveal" && principal === nia.principal)
        .filter(({ detail }) => /(?:opened|repeats)=/.test(detail ?? ""));
    let signs = false;
    const [unanchored, lame, late] = await Promise.all([
      at.serve({ ports: (real) => ({ ...provenByDigest()(real), evidence: { ...real.evidence, assertAnchored: refused } }) }),
      at.serve({
        ports: provenByDigest(),
        custodian: (real) =>
          custodianWith(real, { sign: (request, ms) => (request.kind === "checkpoint" && !signs ? Promise.reject(new Error("no checkpoint")) : real.sign(request, ms)) }),
      }),
      at.serve({ ports: (real) => ({ ...provenByDigest()(real), approvals: { ...real.approvals, get: async (grant, id) => aged(await real.approvals.get(grant, id)) } }) }),
    ]);
    await Promise.all([unanchored, lame, late].map((each) => persons.known(each)));
    try {
      // Before it is done, anchors that are required stop it: nothing is used up.
      expect(codeOf(await open(unanchored, key))).toBe("trail.unanchored");
      expect([(await show(nia, asked.approvalId)).state, await opened()]).toEqual(["approved", []]);
      const awaiting = await open(lame, key);
      expect([codeOf(awaiting), awaiting.text.includes("fields")]).toEqual(["trail.awaiting_evidence", false]);
      expect([(await show(nia, asked.approvalId)).state, (await opened()).map(({ reason }) => reason)]).toEqual(["done", ["allowed"]]);
      expect(codeOf(await open(lame, key))).toBe("trail.awaiting_evidence");
      signs = true;
      // Its repeat, at any process; and nothing else is.
      const answers = [dataOf(await open(lame, key)), dataOf(await open(api, key))] as {
        fields: readonly unknown[];
        recorded: { seq: number };
        evidence: readonly { chain: string; size: number }[];
      }[];
      for (const { fields, recorded, evidence } of answers) {
        expect([fields.length, evidence.map(({ chain }) => chain)]).toEqual([1, [on]]);
        expect(evidence[0]?.size).toBeGreaterThanOrEqual(recorded.seq);
      }
      const next = await ask(nia, "requestBulkReveal", { subjectId: subject, fields: ["DM.SEX"], purpose: "audit" });
      expect([codeOf(await vote(odo, next)), codeOf(await open(api, key, nia, next.approvalId))]).toEqual(["ok", "input.idempotency_reused"]);
      const others = [await open(api, "another-key-of-the-same"), await open(api, key, odo), await open(api, key, nia, newId("apr")), await open(late, key)];
      expect(others.map(codeOf)).toEqual(["approval.state", "policy.denied", "policy.denied", "approval.state"]);
      // Revealed once on record; a repeat names that crossing.
      const [first, ...repeats] = await opened();
      expect(repeats.map(({ reason, detail }) => [reason, detail?.includes(`repeats=${first?.["request_id"]}`), detail?.includes("opened=")])).toEqual(
        repeats.map(() => ["replayed", true, false]),
      );
      expect([repeats.length, first?.["detail"]]).toEqual([3, expect.stringContaining("opened=1")]);
      const [kept] = await at.owner.run<{ outcome: string }>`SELECT outcome::text AS outcome FROM boundary.idempotency WHERE principal = ${nia.principal} AND key = ${key}`;
      expect(JSON.parse(kept?.outcome ?? "")).toEqual({ requestId: first?.["request_id"] });
    } finally {
      await Promise.all([unanchored, lame, late].map((each) => each.close()));
    }
  });

  test("asked for twice at once under one key is opened once, and answered twice", async () => {
    const [nia, odo] = [await someone("nia4", "clinical_reviewer", { study: STUDY, site: "701" }), await someone("odo4", "regulatory_reviewer", { study: STUDY, site: "701" })];
    const asked = await ask(nia, "requestBulkReveal", { subjectId: subject, fields: ["DM.SEX"], purpose: "safety" });
    expect(codeOf(await vote(odo, asked))).toBe("ok");
    const open = () => nia.call(api, "subjects.openBulk", { approvalId: asked.approvalId }, "the-same-key-of-both");
    expect((await Promise.all([open(), open()])).map(codeOf)).toEqual(["ok", "ok"]);
    const records = (await at.records(`site:${STUDY}/701`)).filter(
      ({ action, principal, decision }) => action === "phi.bulk_reveal" && principal === nia.principal && decision === "allow",
    );
    expect(records.map(({ reason }) => reason).filter((reason) => reason === "allowed" || reason === "replayed")).toEqual(expect.arrayContaining(["allowed", "replayed"]));
    expect(records.filter(({ detail }) => detail?.includes("opened=1"))).toHaveLength(1);
  });

  test("that nobody opened within the hour is over", async () => {
    const [nia, odo] = [await someone("nia2", "clinical_reviewer", { study: STUDY, site: "701" }), await someone("odo2", "regulatory_reviewer", { study: STUDY, site: "701" })];
    const asked = await ask(nia, "requestBulkReveal", { subjectId: subject, fields: ["DM.SEX"], purpose: "safety" });
    expect(codeOf(await vote(odo, asked))).toBe("ok");
    const late = await at.serve({
      ports: (real) => ({ ...provenByDigest()(real), approvals: { ...real.approvals, get: async (grant, id) => aged(await real.approvals.get(grant, id)) } }),
    });
    try {
      expect(codeOf(await nia.call(late, "subjects.openBulk", { approvalId: asked.approvalId }))).toBe("approval.state");
    } finally {
      await late.close();
    }
  });
});
