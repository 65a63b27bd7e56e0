import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { STUDY } from "./dataset.ts";
import { principalsAs } from "./lax-ports.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";
import { proofOver, provenByDigest } from "./step-up-ports.ts";

const REASON = "the half-yearly review of access";

interface Review {
  readonly reviewId: string;
  readonly digest: string;
  readonly lines: number;
  readonly decided: number;
  readonly mine: number;
  readonly isOverdue: boolean;
  readonly signedOff: { readonly digest: string } | null;
}
interface Line {
  readonly line: number;
  readonly principal: string;
  readonly personId: string | null;
  readonly role: string;
  readonly study: string;
  readonly site: string;
  readonly from: string;
  readonly since: string | null;
  readonly decision: { readonly verdict: string; readonly isCarriedOut: boolean } | null;
  readonly whyNot: string | null;
}
interface Got {
  readonly review: Review;
  readonly reason: string;
  readonly items: readonly Line[];
  readonly maySignOff: boolean;
}

let at: Deployment;
let api: Api;
let persons: Persons;
let ada: SignedIn;
let ben: SignedIn;
let cyd: SignedIn;
let eve: SignedIn;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve({ ports: provenByDigest() });
  persons = await Persons.of(at);
  [ada, ben, cyd] = [await persons.add("ada", "security_admin"), await persons.add("ben", "security_admin"), await persons.add("cyd", "security_admin")];
  eve = await persons.add("=eve()".replace(/[^a-z]/g, ""), "clinical_reviewer", { study: STUDY, site: "701" });
  await persons.known(api);
});
afterAll(async () => {
  persons?.close();
  await api?.close();
  await at?.close();
});

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
const opening = (who: SignedIn, over: object = {}) => who.call(api, "reviews.open", { study: "*", site: "*", role: "*", due: inDays(14), reason: REASON, ...over });
const open = async (over: object = {}, who = ada): Promise<Review> => (dataOf(await opening(who, over)) as { review: Review }).review;
const get = async (reviewId: string, who = ada): Promise<Got> => dataOf(await who.call(api, "reviews.get", { reviewId })) as Got;
const decide = async (who: SignedIn, reviewId: string, line: number, verdict: string, more: object = {}, on = api): Promise<string> =>
  codeOf(await who.call(on, "reviews.decide", { reviewId, line, verdict, reason: "looked at with their manager", ...more }));
const signOff = async (who: SignedIn, reviewId: string): Promise<string> => codeOf(await who.call(api, "reviews.signOff", { reviewId, reason: "all lines are decided" }));
const lineOf = ({ items }: Got, { principal }: SignedIn): Line => items.find((each) => each.principal === principal) as Line;

test("a review holds what is held at that moment; each line is kept or ended by somebody else, and signed off once with a checkpoint", async () => {
  const review = await open({ study: STUDY, site: "701" });
  expect(review).toMatchObject({ decided: 0, signedOff: null, isOverdue: false });
  const got = await get(review.reviewId);
  expect([got.reason, got.items.length, got.maySignOff]).toEqual([REASON, review.lines, false]);
  // What reaches the site: held there, over its study, and over the deployment. The reader's own line is somebody else's.
  expect(new Set(got.items.map(({ study, site }) => `${study}/${site}`))).toEqual(new Set([`${STUDY}/701`, `${STUDY}/*`, "*/*"]));
  expect([lineOf(got, ada).whyNot, lineOf(got, ben).whyNot]).toEqual(["own", null]);
  expect(review.mine).toBe(review.lines - 1);
  expect(await signOff(ada, review.reviewId)).toBe("review.open");
  const { reviews } = dataOf(await ben.call(api, "reviews.list", {})) as { reviews: readonly Review[] };
  expect(reviews).toMatchObject([{ reviewId: review.reviewId, decided: 0, lines: review.lines, mine: review.lines - 1 }]);
  const { needs } = dataOf(await ben.call(api, "overview.get", {})) as { needs: readonly { kind: string; count: number }[] };
  expect(needs).toContainEqual(expect.objectContaining({ kind: "access_review", count: review.lines - 1 }));

  // An ending is carried out at once.
  const held = async (): Promise<boolean> => codeOf(await eve.call(api, "subjects.list", {})) === "ok";
  expect(await held()).toBe(true);
  expect(await decide(ada, review.reviewId, lineOf(got, eve).line, "end")).toBe("ok");
  await until(async () => !(await held()), 1500);
  expect(lineOf(await get(review.reviewId), eve)).toMatchObject({ decision: { verdict: "end", isCarriedOut: true }, since: null });
  expect(await decide(ben, review.reviewId, lineOf(got, eve).line, "keep")).toBe("assignment.state");

  // An administrator's needs the approval of exactly this ending.
  const [mine, other] = [lineOf(got, cyd), lineOf(got, ben)];
  expect(await decide(ada, review.reviewId, mine.line, "end")).toBe("approval.required");
  const ask = async (line: Line) => {
    const { principal, role, study, site, from } = line;
    return (
      dataOf(await ada.call(api, "approvals.requestAssignmentEnd", { principal, role, study, site, from, reason: REASON })) as { approval: { approvalId: string; digest: string } }
    ).approval;
  };
  const [wrong, right] = [await ask(other), await ask(mine)];
  expect(await decide(ada, review.reviewId, mine.line, "end", { approvalId: wrong.approvalId })).toBe("approval.required");
  expect(await decide(ada, review.reviewId, mine.line, "end", { approvalId: right.approvalId })).toBe("ok");
  for (const { line, personId, decision, role } of got.items) {
    if (decision !== null || line === mine.line || line === lineOf(got, eve).line) continue;
    expect([role, await decide(personId === ada.person ? ben : ada, review.reviewId, line, "keep")]).toEqual([role, "ok"]);
  }
  // Decided, but not carried out: somebody has to approve it.
  expect(await signOff(ben, review.reviewId)).toBe("review.open");
  const { approvalId, digest } = right;
  expect(codeOf(await ben.call(api, "approvals.decide", { approvalId, digest, verdict: "approve", reason: REASON, proof: proofOver(digest, ben.person) }))).toBe("ok");
  expect((await get(review.reviewId)).maySignOff).toBe(true);
  const signed = dataOf(await ben.call(api, "reviews.signOff", { reviewId: review.reviewId, reason: "all lines are decided" })) as {
    digest: string;
    evidence: readonly { chain: string }[];
  };
  expect(signed.evidence.map(({ chain }) => chain)).toEqual(["system"]);
  expect(await signOff(ada, review.reviewId)).toBe("review.signed");
  expect(await decide(ada, review.reviewId, other.line, "end")).toBe("review.signed");
  expect((await get(review.reviewId)).items.every(({ whyNot }) => whyNot === "signed_off")).toBe(true);
  const records = (await at.records("system")).filter(({ resource, decision }) => resource === `review/${review.reviewId}` && decision === "allow");
  expect(records.find(({ detail }) => detail?.includes(`digest=${signed.digest}`))?.["detail"]).toContain(`opened=${review.digest}`);
  expect(JSON.stringify(records)).not.toContain(REASON);

  const { csv } = dataOf(await ada.call(api, "reviews.export", { reviewId: review.reviewId })) as { csv: string };
  expect(csv.trimEnd().split("\r\n")).toHaveLength(review.lines + 1);
  expect(csv).toContain(signed.digest);
});

test("a line whose assignment was changed or ended since says so", async () => {
  const fay = await persons.add("fay", "clinical_reviewer", { study: STUDY, site: "704" });
  const gil = await persons.add("gil", "clinical_reviewer", { study: STUDY, site: "704" });
  await persons.known(api);
  const { reviewId } = await open({ study: STUDY, site: "704", role: "clinical_reviewer" });
  await at.owner.run`UPDATE policy.assignments SET until_ms = ${Date.now()} WHERE principal = ${fay.principal}`;
  await at.owner.run`UPDATE policy.assignments SET until_ms = ${Date.now() + 86_400_000} WHERE principal = ${gil.principal}`;
  const got = await get(reviewId);
  expect([lineOf(got, fay).since, lineOf(got, gil).since]).toEqual(["ended", "changed"]);
  expect(await decide(ada, reviewId, lineOf(got, fay).line, "keep")).toBe("assignment.state");
  expect(await decide(ada, reviewId, lineOf(got, fay).line, "end")).toBe("ok");
});

test("a scope that isn't one, a due date that is over, and whoever may not, open nothing; an auditor reads and decides nothing", async () => {
  for (const over of [{ study: "*", site: "701" }, { study: "NOSUCH" }, { role: "tea_maker" }, { due: inDays(-1) }, { due: inDays(400) }])
    expect([over, codeOf(await opening(ada, over))]).toEqual([over, "input.invalid"]);
  const [ida, sam] = [await persons.add("ida", "auditor"), await persons.add("sam", "security_admin", { study: STUDY, site: "701" })];
  await persons.known(api);
  const { reviewId } = await open({ role: "auditor" });
  expect((await get(reviewId, ida)).items.every(({ whyNot }) => whyNot === "no_right")).toBe(true);
  for (const who of [ida, sam])
    expect([codeOf(await opening(who)), await decide(who, reviewId, 1, "keep"), await signOff(who, reviewId)]).toEqual(["policy.denied", "policy.denied", "policy.denied"]);
  expect(codeOf(await sam.call(api, "reviews.get", { reviewId }))).toBe("policy.denied");
  expect(codeOf(await ada.call(api, "reviews.export", { reviewId }))).toBe("review.open");
  expect(codeOf(await api.call("admin", "reviews.open", { study: "*", site: "*", role: "*", due: inDays(3), reason: REASON }))).toBe("policy.denied");
  expect(await decide(ada, reviewId, 999, "keep")).toBe("policy.denied");
});

test("of a sign-off and a decision at once, whichever comes second finds the other", async () => {
  const { reviewId } = await open({ role: "key_custodian", study: "*" }).catch(() => open({ role: "data_steward" }));
  const { items } = await get(reviewId);
  for (const { line } of items) expect(await decide(ada, reviewId, line, "keep")).toBe("ok");
  const [signed, decided] = await Promise.all([signOff(ben, reviewId), decide(ada, reviewId, items[0]?.line ?? 0, "keep")]);
  expect(signed).toBe("ok");
  expect(["ok", "review.signed"]).toContain(decided);
  const write = (sql: (run: typeof at.owner.run) => Promise<unknown>): Promise<string> =>
    sql(at.owner.run)
      .then(() => "done")
      .catch(() => "refused");
  expect(await write((run) => run`UPDATE policy.access_reviews SET due_at_ms = due_at_ms + 1 WHERE id = ${reviewId}`)).toBe("refused");
  expect(
    await write(
      (run) => run`INSERT INTO policy.access_review_decisions (review, line, n, verdict, principal, person, reason, at_ms)
    SELECT review, line, n + 1, 'end', principal, person, reason || 'x', at_ms FROM policy.access_review_decisions WHERE review = ${reviewId}`,
    ),
  ).toBe("refused");
  expect(await write((run) => run`DELETE FROM policy.access_review_lines WHERE review = ${reviewId}`)).toBe("refused");
});

faultTest("R8", "nobody reviews what they hold themselves, nor with a second account", async (defence) => {
  const twin = await persons.add(`twin${defence}`, "security_admin", { as: cyd });
  const held = await persons.add(`third${defence}`, "key_custodian", { as: cyd });
  await persons.known(api);
  const { reviewId } = await open({ role: "key_custodian" });
  const { line } = lineOf(await get(reviewId), held);
  const lax = principalsAs((principal) => (defence === "off" && principal.id === twin.principal ? { ...principal, person: ada.person } : principal));
  await using other = await at.serve({ ports: lax });
  expect(await decide(twin, reviewId, line, "keep", {}, other)).toBe("policy.separation");
});
