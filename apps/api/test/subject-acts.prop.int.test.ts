import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demographics, STUDY } from "./dataset.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, type Who } from "./stack.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const RUNS = LONG ? 100 : 8;

let at: Deployment;
let api: Api;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  await at.seed(api);
});
afterAll(async () => {
  await api?.close();
  await at?.close();
});

const SITES = ["701", "704"] as const;
type Site = (typeof SITES)[number];
const reviewerAt = (site: Site): Who => (site === "701" ? "reviewer701" : "reviewer704");
const REASON = "as the model has it";

/** What is to be so, worked out without the product. */
interface Model {
  site: Site;
  /** What each version says, the first one first. A file's SITEID is a value as others are: where the subject is, is ours to say. */
  readonly versions: { readonly siteid: Site; readonly age: number }[];
  /** From when consent is withdrawn; null where it isn't. */
  withdrawnFrom: string | null;
}
type Act =
  | { readonly kind: "correct"; readonly age: number; readonly isStated: boolean }
  | { readonly kind: "transfer"; readonly to: Site }
  | { readonly kind: "withdraw"; readonly from: string }
  | { readonly kind: "take back" };

const acts: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("correct" as const), age: fc.integer({ min: 40, max: 43 }), isStated: fc.boolean() }),
    fc.record({ kind: fc.constant("transfer" as const), to: fc.constantFrom(...SITES) }),
    fc.record({ kind: fc.constant("withdraw" as const), from: fc.constantFrom("2024-05-01", "2024-06-01") }),
    fc.record({ kind: fc.constant("take back" as const) }),
  ),
  { minLength: 3, maxLength: 9 },
);

const changedBy = (before: Model["versions"][number] | undefined, after: Model["versions"][number]): readonly string[] => [
  ...(before?.age === after.age ? [] : ["DM.AGE"]),
  ...(before?.siteid === after.siteid ? [] : ["DM.SITEID"]),
];

/** Does an act in the model; answers how the product has to answer it. */
function expected(model: Model, act: Act): string {
  switch (act.kind) {
    case "correct":
      if (changedBy(model.versions.at(-1), { siteid: model.site, age: act.age }).length === 0) return "ok";
      if (model.withdrawnFrom !== null && !act.isStated) return "packet.withdrawn";
      model.versions.push({ siteid: model.site, age: act.age });
      return "ok";
    case "transfer":
      if (act.to === model.site) return "subject.state";
      model.site = act.to;
      return "ok";
    case "withdraw":
      if (model.withdrawnFrom !== null) return "subject.state";
      model.withdrawnFrom = act.from;
      return "ok";
    case "take back":
      if (model.withdrawnFrom === null) return "subject.state";
      model.withdrawnFrom = null;
      return "ok";
  }
}

interface Subject {
  readonly subjectId: string;
  readonly subject: string;
  readonly enrolledAt: Site;
}

async function release(content: string, collectedBeforeWithdrawal: boolean): Promise<string> {
  const { packetId } = dataOf(await api.call("ingest", "packets.upload", { study: STUDY, content })) as { packetId: string };
  return codeOf(await api.call("steward", "packets.release", { packetId, reason: REASON, collectedBeforeWithdrawal }));
}

/** Does an act in the product. */
async function done({ subjectId, subject, enrolledAt }: Subject, site: Site, act: Act): Promise<string> {
  switch (act.kind) {
    case "correct":
      return release(demographics([{ site, subject, enrolledAt, age: act.age }]), act.isStated);
    case "transfer":
      return codeOf(await api.call("regulatory", "subjects.transfer", { subjectId, to: act.to, reason: REASON }));
    case "withdraw":
      return codeOf(await api.call("regulatory", "subjects.withdraw", { subjectId, from: act.from, reason: REASON }));
    case "take back":
      return codeOf(await api.call("regulatory", "subjects.correctWithdrawal", { subjectId, reason: REASON }));
  }
}

let subjects = 5000;
/** A subject of a run's own, with one version. */
async function enrol(enrolledAt: Site): Promise<Subject> {
  const subject = String((subjects += 1));
  expect(await release(demographics([{ site: enrolledAt, subject, age: 40 }]), false)).toBe("ok");
  const [row] = await at.owner.run<{ id: string }>`SELECT id FROM phi.subjects ORDER BY created_at DESC LIMIT 1`;
  return { subjectId: row?.id ?? "", subject, enrolledAt };
}

const opened = async (who: Who, subjectId: string, field: string, version?: number): Promise<unknown> => {
  const reply = await api.call(who, "subjects.reveal", { subjectId, field, purpose: "audit", reason: REASON, ...(version !== undefined && { version }) });
  return reply.status === 200 ? (dataOf(reply) as { value: unknown }).value : codeOf(reply);
};

/** What each version opens to, what changed in it, and from when consent is withdrawn, as someone at a site finds it. */
async function found(who: Who, subjectId: string): Promise<unknown> {
  const reply = await api.call(who, "subjects.history", { subjectId });
  if (reply.status !== 200) return [codeOf(reply), await opened(who, subjectId, "DM.AGE"), await opened(who, subjectId, "DM.AGE", 1)];
  const { versions } = dataOf(reply) as { versions: { version: number; changed: readonly string[] | null }[] };
  const ages = await Promise.all(versions.map(async ({ version, changed }) => [version, await opened(who, subjectId, "DM.AGE", version), changed]));
  return { ages: ages.toReversed(), current: await opened(who, subjectId, "DM.AGE"), from: await opened(who, subjectId, "CONSENT.FROM") };
}

test(
  "after corrections, transfers and withdrawals in any order, every version opens to what a model says, at the subject's site alone",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...SITES), acts, async (enrolledAt, sequence) => {
        const subject = await enrol(enrolledAt);
        const model: Model = { site: enrolledAt, versions: [{ siteid: enrolledAt, age: 40 }], withdrawnFrom: null };
        for (const act of sequence) {
          const { site } = model;
          const answer = expected(model, act);
          expect([act, await done(subject, site, act)]).toEqual([act, answer]);
        }
        const other: Site = model.site === "701" ? "704" : "701";
        expect(await found(reviewerAt(model.site), subject.subjectId)).toEqual({
          ages: model.versions.map((version, n) => [n + 1, version.age, n === 0 ? null : changedBy(model.versions[n - 1], version)]),
          current: model.versions.at(-1)?.age,
          from: model.withdrawnFrom ?? "policy.denied",
        });
        expect(await found(reviewerAt(other), subject.subjectId)).toEqual(["policy.denied", "policy.denied", "policy.denied"]);
      }),
      { numRuns: RUNS },
    );
  },
  LONG ? 1_200_000 : 180_000,
);
