import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { STUDY } from "./dataset.ts";
import { custodianWith } from "./faulty-custodian.ts";
import { principalsAs } from "./lax-ports.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment } from "./stack.ts";

const REASON = "the monthly look at the trail";

interface Review {
  readonly reviewId: string;
  readonly digest: string;
  readonly items: number;
  readonly decided: number;
  readonly isOverdue: boolean;
  readonly reviewer: { readonly personId: string } | null;
  readonly signedOff: { readonly digest: string; readonly against: readonly { readonly chain: string; readonly size: number }[] } | null;
}
interface Item {
  readonly item: number;
  readonly crossing: { readonly chain: string; readonly action: string; readonly principal: string; readonly seq: number };
  readonly risks: readonly string[];
  readonly burst: { readonly denials: number } | null;
  readonly verdict: { readonly kind: string } | null;
  readonly entries: number;
}
interface Got {
  readonly review: Review;
  readonly reason: string;
  readonly items: readonly Item[];
  readonly whyNot: string | null;
  readonly maySignOff: boolean;
  readonly candidates: readonly { readonly personId: string; readonly hasPerformed: boolean }[];
}

let at: Deployment;
/** Where things happen, and where they are reviewed, a little later. */
let api: Api;
let later: Api;
let aheadMs = 60_000;
let persons: Persons;
let ada: SignedIn;
let rob: SignedIn;
let ida: SignedIn;
let jon: SignedIn;
let quin: SignedIn;
const began = new Date(Date.now() - 60_000).toISOString();
let until = "";
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  later = await at.serve({ now: () => Date.now() + aheadMs });
  await at.seed(api);
  persons = await Persons.of(at);
  [ada, rob] = [await persons.add("ada", "security_admin"), await persons.add("rob", "clinical_reviewer", { study: STUDY, site: "701" })];
  [ida, jon] = [await persons.add("ida", "auditor"), await persons.add("jon", "auditor")];
  quin = await persons.add("quin", "auditor", { study: STUDY, site: "701" });
  await Promise.all([persons.known(api), persons.known(later)]);
  const { items } = dataOf(await rob.call(api, "subjects.list", {})) as { items: readonly { subjectId: string }[] };
  dataOf(await rob.call(api, "subjects.reveal", { subjectId: items[0]?.subjectId, field: "DM.SUBJID", purpose: "audit", reason: "source verification" }));
  dataOf(await ada.call(api, "assignments.assign", { principal: "svc_reviewer704", role: "clinical_reviewer", study: STUDY, site: "701", reason: "covers for a colleague" }));
  for (let n = 0; n < 6; n += 1) expect(codeOf(await rob.call(api, "people.list", {}))).toBe("policy.denied");
  until = new Date(Date.now() + 1).toISOString();
});
afterAll(async () => {
  persons?.close();
  await later?.close();
  await api?.close();
  await at?.close();
});

/** Two hours of the night that isn't now. */
const hour = new Date().getUTCHours();
const elsewhen = { from: (hour + 6) % 24, until: (hour + 8) % 24 };
const opening = (who: SignedIn, over: object = {}) =>
  who.call(later, "trailReviews.open", {
    study: "*",
    site: "*",
    from: began,
    until,
    risks: ["privilege", "reveal_hours", "denied_burst", "emergency", "reason_other"],
    workingHours: elsewhen,
    due: new Date(Date.now() + 180_000).toISOString(),
    reason: REASON,
    ...over,
  });
const open = async (who: SignedIn, over: object = {}): Promise<Review> => (dataOf(await opening(who, over)) as { review: Review }).review;
const get = async (reviewId: string, who = ida): Promise<Got> => dataOf(await who.call(later, "trailReviews.get", { reviewId })) as Got;
const assign = async (who: SignedIn, reviewId: string, { person }: SignedIn, on = later): Promise<string> =>
  codeOf(await who.call(on, "trailReviews.assign", { reviewId, personId: person }));
const decide = async (who: SignedIn, reviewId: string, item: number, verdict: string, comment?: string, on = later): Promise<string> =>
  codeOf(await who.call(on, "trailReviews.decide", { reviewId, item, verdict, ...(comment !== undefined && { comment }) }));
const signOff = async (who: SignedIn, reviewId: string, on = later, key?: string) => who.call(on, "trailReviews.signOff", { reviewId, reason: "each item was looked at" }, key);
const site701 = { study: STUDY, site: "701" };

test("a review holds what its rules find, is decided by whom it is assigned to, and signed off once, against checkpoints", async () => {
  const review = await open(ida);
  // Made again, by somebody else: the same.
  expect((await open(jon)).digest).toBe(review.digest);
  const got = await get(review.reviewId);
  expect(got.reason).toBe(REASON);
  expect(got.items.map(({ crossing, risks, burst }) => [crossing.chain, crossing.action, risks, burst?.denials ?? null])).toEqual([
    [`site:${STUDY}/701`, "phi.read", ["reveal_hours"], null],
    ["system", "assignment.change", ["privilege"], null],
    ["system", "principal.read", ["denied_burst"], 6],
  ]);
  expect([got.whyNot, await decide(ida, review.reviewId, 1, "ok")]).toEqual(["not_assigned", "trailreview.not_assigned"]);
  // Whoever may not review there isn't given one; nor is an administrator, whose acts stand in it.
  for (const who of [quin, ada]) expect(await assign(ida, review.reviewId, who)).toBe("policy.denied");
  expect(got.candidates.map(({ personId }) => personId).toSorted()).toEqual([ida.person, jon.person].toSorted());
  expect([await assign(ida, review.reviewId, jon), await assign(jon, review.reviewId, ida)]).toEqual(["ok", "ok"]);
  expect(await decide(jon, review.reviewId, 1, "ok")).toBe("trailreview.not_assigned");

  expect(await decide(ida, review.reviewId, 1, "finding")).toBe("input.invalid");
  expect(await decide(ida, review.reviewId, 1, "finding", "nobody was on call that night")).toBe("ok");
  for (const comment of ["asked the site about it", "the site has answered"])
    expect(codeOf(await ida.call(later, "trailReviews.comment", { reviewId: review.reviewId, item: 1, comment }))).toBe("ok");
  expect(codeOf(await signOff(ida, review.reviewId))).toBe("trailreview.open");
  expect([await decide(ida, review.reviewId, 2, "ok"), await decide(ida, review.reviewId, 3, "finding", "was it a script?"), await decide(ida, review.reviewId, 3, "ok")]).toEqual([
    "ok",
    "ok",
    "ok",
  ]);
  const { entries } = dataOf(await ida.call(later, "trailReviews.entries", { reviewId: review.reviewId, item: 1 })) as { entries: readonly { kind: string; text: string }[] };
  expect(entries.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
    "finding: nobody was on call that night",
    "comment: asked the site about it",
    "comment: the site has answered",
  ]);
  const { digest, evidence } = dataOf(await signOff(ida, review.reviewId)) as { digest: string; evidence: readonly { chain: string }[] };
  expect(evidence.map(({ chain }) => chain)).toEqual(["system"]);
  const signed = await get(review.reviewId);
  expect(signed.review.signedOff).toMatchObject({ digest });
  const against = signed.review.signedOff?.against ?? [];
  for (const { crossing } of signed.items) expect(against.find(({ chain }) => chain === crossing.chain)?.size).toBeGreaterThanOrEqual(crossing.seq);
  const records = (await at.records("system")).filter(({ resource, decision }) => resource === `trail-review/${review.reviewId}` && decision === "allow");
  const last = records.find(({ detail }) => detail?.includes(`digest=${digest}`))?.["detail"] ?? "";
  expect(last).toContain(`selection=${review.digest};`);
  expect(JSON.stringify(records)).not.toContain("on call");

  // Nothing of it changes any more, whoever tries.
  expect([await decide(ida, review.reviewId, 1, "ok"), await assign(jon, review.reviewId, jon), codeOf(await signOff(ida, review.reviewId))]).toEqual([
    "trailreview.signed",
    "trailreview.signed",
    "trailreview.signed",
  ]);
  const { run } = at.owner;
  const writes = [
    () => run`UPDATE audit.trail_reviews SET due_at_ms = due_at_ms + 1 WHERE id = ${review.reviewId}`,
    () => run`INSERT INTO audit.trail_review_entries (review, item, n, kind, principal, person, at_ms) VALUES (${review.reviewId}, 1, 9, 'ok', ${ida.principal}, ${ida.person}, 1)`,
    () => run`INSERT INTO audit.trail_review_assignments (review, n, person, assigned_by, at_ms) VALUES (${review.reviewId}, 9, ${jon.person}, ${jon.person}, 1)`,
    () => run`DELETE FROM audit.trail_review_items WHERE review = ${review.reviewId}`,
    () => run`UPDATE audit.trail_review_entries SET kind = 'ok' WHERE review = ${review.reviewId}`,
  ];
  for (const write of writes) await expect(write()).rejects.toThrow();
});

test("somebody whose right ends at a site opens, sees and decides what is of that site alone", async () => {
  for (const over of [{}, { study: STUDY, site: "704" }, { study: STUDY }]) expect([over, codeOf(await opening(quin, over))]).toEqual([over, "policy.denied"]);
  const [whole, mine] = [await open(ida), await open(quin, site701)];
  const { reviews, places } = dataOf(await quin.call(later, "trailReviews.list", {})) as { reviews: readonly Review[]; places: readonly object[] };
  expect(reviews.map(({ reviewId }) => reviewId)).toEqual([mine.reviewId]);
  expect(places).toEqual([site701]);
  expect(codeOf(await quin.call(later, "trailReviews.get", { reviewId: whole.reviewId }))).toBe("policy.denied");
  expect((await get(mine.reviewId, quin)).items.map(({ crossing }) => crossing.chain)).toEqual([`site:${STUDY}/701`]);
  expect((await open(ida, { ...site701 })).digest).toBe(mine.digest);
  for (const over of [{ until: new Date(Date.now() + aheadMs).toISOString() }, { from: until }, { due: began }])
    expect(codeOf(await opening(quin, { ...site701, ...over }))).toBe("input.invalid");
});

test("a sign-off waits for its checkpoint, is done once, and is refused where the selection isn't what it was", async () => {
  const { reviewId } = await open(quin, site701);
  const needs = async (): Promise<unknown> =>
    (dataOf(await quin.call(later, "overview.get", {})) as { needs: readonly { kind: string }[] }).needs.filter(({ kind }) => kind === "trail_review");
  expect(await assign(quin, reviewId, quin)).toBe("ok");
  expect(await decide(quin, reviewId, 1, "ok")).toBe("ok");
  expect(await needs()).toEqual([expect.objectContaining({ count: 2, text: "A review of the trail waits for you." })]);
  aheadMs += 240_000;
  await persons.known(later);
  expect((await get(reviewId, quin)).review.isOverdue).toBe(true);
  expect(await needs()).toEqual([expect.objectContaining({ text: "A review of the trail is overdue." })]);

  const called = (before: string, after: string) => at.owner.run`UPDATE audit.search SET action = ${after} WHERE chain = ${`site:${STUDY}/701`} AND action = ${before}`;
  await called("phi.read", "phi.hidden");
  expect(codeOf(await signOff(quin, reviewId))).toBe("trailreview.changed");
  await called("phi.hidden", "phi.read");

  let checkpoints = 0;
  let failing = 1;
  await using lame = await at.serve({
    now: () => Date.now() + aheadMs,
    custodian: (real) =>
      custodianWith(real, {
        sign: (request, deadlineMs) => {
          if (request.kind === "checkpoint") checkpoints += 1;
          return request.kind === "checkpoint" && checkpoints === failing ? Promise.reject(new Error("no checkpoint")) : real.sign(request, deadlineMs);
        },
      }),
  });
  // Without those that it cites, nothing is signed off; without the one that covers it, it stands and says so.
  const key = "sign-off-of-the-night";
  expect(codeOf(await signOff(quin, reviewId, lame, key))).not.toBe("ok");
  expect((await get(reviewId, quin)).review.signedOff).toBeNull();
  [checkpoints, failing] = [0, 2];
  expect(codeOf(await signOff(quin, reviewId, lame, key))).toBe("trail.awaiting_evidence");
  const { evidence } = dataOf(await signOff(quin, reviewId, lame, key)) as { evidence: readonly { chain: string }[] };
  expect(evidence.map(({ chain }) => chain)).toEqual([`site:${STUDY}/701`]);
  // What is left is the one that they opened and nobody has.
  expect(await needs()).toEqual([expect.objectContaining({ count: 1 })]);
});

test("a saved search is its owner's alone, under a name of theirs, and no more than fifty are kept", async () => {
  const save = async (who: SignedIn, name: string, filter: object = { action: "phi.read", last: "7d" }) => who.call(api, "crossings.save", { name, filter });
  const own = async (who: SignedIn) => (dataOf(await who.call(api, "crossings.saved", {})) as { searches: readonly { searchId: string; name: string; filter: object }[] }).searches;
  const { searchId } = dataOf(await save(ida, "Denied reveals")) as { searchId: string };
  expect(await own(ida)).toMatchObject([{ searchId, name: "Denied reveals", filter: { action: "phi.read", last: "7d" } }]);
  expect([
    codeOf(await save(ida, "Denied reveals")),
    codeOf(await save(jon, "Denied reveals")),
    codeOf(await save(ida, "x".repeat(61))),
    codeOf(await save(ida, "Odd", { sql: "1" })),
  ]).toEqual(["search.taken", "ok", "input.invalid", "input.invalid"]);
  for (const [procedure, input] of [
    ["crossings.rename", { searchId, name: "Mine now" }],
    ["crossings.remove", { searchId }],
  ] as const)
    expect([codeOf(await jon.call(api, procedure, input)), codeOf(await rob.call(api, procedure, input))]).toEqual(["policy.denied", "policy.denied"]);
  expect(codeOf(await ida.call(api, "crossings.rename", { searchId, name: "Reveals that were denied" }))).toBe("ok");
  await at.owner.run`
    INSERT INTO audit.saved_searches (id, principal, place, name, filter, saved_at_ms)
    SELECT 'svs_' || lpad(n::text, 26, '0'), ${ida.principal}, n, 'No. ' || n, '{}', 1 FROM generate_series(2, 50) AS n`;
  expect(codeOf(await save(ida, "One more"))).toBe("search.full");
  expect(codeOf(await ida.call(api, "crossings.remove", { searchId }))).toBe("ok");
  expect([codeOf(await save(ida, "One more")), (await own(ida)).length]).toEqual(["ok", 50]);
  expect(JSON.stringify(await at.records("system"))).not.toContain("Denied reveals");
});

faultTest("R8", "nobody reviews a trail in which they did something, nor with a second account", async (defence) => {
  const twin = await persons.add(`twin${defence}`, "auditor", { as: ada });
  await Promise.all([persons.known(api), persons.known(later)]);
  const lax = principalsAs((principal) => (defence === "off" && principal.id === twin.principal ? { ...principal, person: jon.person } : principal));
  await using other = await at.serve({ ports: lax, now: () => Date.now() + aheadMs });
  const { reviewId } = await open(ida, { due: new Date(Date.now() + aheadMs + 60_000).toISOString() });
  if (defence === "on") expect(await assign(ida, reviewId, ada, other)).toBe("policy.separation");
  expect(await assign(ida, reviewId, jon, other)).toBe("ok");
  expect(await decide(twin, reviewId, 2, "ok", undefined, other)).toBe("policy.separation");
});
