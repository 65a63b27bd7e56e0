import { createBoundary } from "@sallyport/api";
import { strict } from "@sallyport/contracts";
import { sha256Hex } from "@sallyport/crypto";
import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { STUDY } from "./dataset.ts";
import { policyKeptForGood, type Ports, principalsAs } from "./lax-ports.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, OTHER_STUDY, until } from "./stack.ts";
import { proofOver, provenByDigest } from "./step-up-ports.ts";

const REASON = "found unconscious, the ward asks for her medication";

interface Opened {
  readonly emergencyId: string;
  readonly subjectId: string;
  readonly site: string;
  readonly until: string;
}
interface Looked {
  readonly seen: string;
  readonly reads: readonly { readonly what: string; readonly action: string; readonly chain: string }[];
  readonly whyNot: string | null;
}

let at: Deployment;
let api: Api;
let persons: Persons;
let ada: SignedIn;
let ben: SignedIn;
let at704: readonly string[] = [];
let count = 0;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve({ ports: provenByDigest() });
  await at.seed(api);
  persons = await Persons.of(at);
  [ada, ben] = [await persons.add("ada", "security_admin"), await persons.add("ben", "security_admin")];
  await persons.known(api);
  at704 = (await at.owner.run<{ id: string }>`SELECT id FROM phi.subjects WHERE site = '704' ORDER BY id`).map(({ id }) => id);
});
afterAll(async () => {
  persons?.close();
  await api?.close();
  await at?.close();
});

/** A reviewer of site 701. */
const reviewer = async (role = "clinical_reviewer"): Promise<SignedIn> => {
  const added = await persons.add(`reviewer${(count += 1)}`, role, { study: STUDY, site: "701" });
  await persons.known(api);
  return added;
};
const asked = (who: SignedIn, over: object = {}) => {
  const input = { study: STUDY, subject: at704[0] ?? "", cause: "treatment_needed", minutes: 60, at: new Date().toISOString(), reason: REASON, ...over };
  const digest = sha256Hex(`${["sallyport/emergency/v1", who.person, input.study, input.subject, input.cause, input.minutes, input.at].join("\n")}\n`);
  return { ...input, proof: proofOver(digest, who.person) };
};
const opening = async (who: SignedIn, over: object = {}, on = api): Promise<string> => codeOf(await who.call(on, "emergencies.open", asked(who, over)));
const open = async (who: SignedIn, over: object = {}): Promise<Opened> => {
  const opened = dataOf(await who.call(api, "emergencies.open", asked(who, over))) as Opened;
  await persons.known(api);
  return opened;
};
const reading = async (who: SignedIn, subjectId = at704[0], on = api): Promise<string> => codeOf(await who.call(on, "subjects.get", { subjectId }));
const reveal = { field: "DM.SUBJID", purpose: "care", reason: "to call the ward back" };
const revealing = async (who: SignedIn, subjectId = at704[0], on = api): Promise<string> => codeOf(await who.call(on, "subjects.reveal", { subjectId, ...reveal }));
const end = async (who: SignedIn, emergencyId: string): Promise<string> => codeOf(await who.call(api, "emergencies.end", { emergencyId }));
const look = async (who: SignedIn, emergencyId: string): Promise<Looked> => dataOf(await who.call(api, "emergencies.get", { emergencyId })) as Looked;
const settled = (who: SignedIn, emergencyId: string): Promise<number> => until(async () => (await look(who, emergencyId)).whyNot === null, 4000);
const review = async (who: SignedIn, emergencyId: string, seen: string, verdict = "justified"): Promise<string> =>
  codeOf(await who.call(api, "emergencies.review", { emergencyId, seen, verdict, comment: "the ward confirmed it by telephone" }));

test("an emergency opens one subject of another site for reading, on record in the site and the system, and each crossing under it names it", async () => {
  const eve = await reviewer();
  const [subject, other] = at704;
  expect([await reading(eve), await revealing(eve)]).toEqual(["policy.denied", "policy.denied"]);
  const { emergencyId, site, until: ends } = await open(eve);
  expect([site, Date.parse(ends) - Date.now() <= 3_600_000]).toEqual(["704", true]);
  expect([await reading(eve), await revealing(eve)]).toEqual(["ok", "ok"]);
  // Nothing else of that site, and nothing that isn't reading.
  expect([await reading(eve, other), await revealing(eve, other)]).toEqual(["policy.denied", "policy.denied"]);
  expect(codeOf(await eve.call(api, "subjects.list", { site: "704" }))).toBe("policy.denied");
  expect(codeOf(await eve.call(api, "approvals.requestBulkReveal", { subjectId: subject, fields: ["DM.SUBJID"], purpose: "care", reason: REASON }))).toBe("policy.denied");
  expect(codeOf(await eve.call(api, "subjects.history", { subjectId: subject, domain: "DM", record: "1" }))).toBe("ok");
  const [atSite, atSystem] = [await at.records(`site:${STUDY}/704`), await at.records("system")];
  for (const records of [atSite, atSystem]) {
    const opened = records.filter(({ action, principal, decision }) => action === "emergency.open" && principal === eve.principal && decision === "allow");
    expect(opened).toHaveLength(1);
    expect(opened[0]?.["detail"]).toMatch(new RegExp(`emergency=${emergencyId};cause=treatment_needed;until=${ends};proof=passkey;commitment=[0-9a-f]{64}`));
  }
  const under = atSite.filter(({ principal, action }) => principal === eve.principal && action !== "emergency.open");
  expect(under.map(({ action }) => action)).toEqual(["subject.read", "phi.read", "subject.read"]);
  for (const { detail } of under) expect(detail).toContain(`emergency=${emergencyId}`);
  expect(JSON.stringify([atSite, atSystem])).not.toContain(REASON);

  // Loud: to who has to know at once, to those who review, and to those who see the subjects of that site.
  expect(await at.owner.run`SELECT kind, chain FROM audit.alerts WHERE about = ${`emergency/${emergencyId}`} ORDER BY kind`).toEqual(
    // The second is for who opened it.
    ["emergency.opened", "proof.used"].map((kind) => ({ kind, chain: `site:${STUDY}/704` })),
  );
  const dan = await persons.add("dan", "clinical_reviewer", { study: STUDY, site: "704" });
  await persons.known(api);
  for (const who of [ada, dan]) {
    const { needs } = dataOf(await who.call(api, "overview.get", {})) as { needs: readonly { kind: string }[] };
    expect(needs.map(({ kind }) => kind)).toContain("emergency");
  }
  interface Exposure {
    readonly did: readonly { readonly principal: string }[];
    readonly reveals: readonly { readonly emergency: string | null }[];
    readonly emergencies: readonly object[];
  }
  const exposed = async (): Promise<Exposure> => dataOf(await api.call("auditor", "subjects.exposure", { subjectId: subject })) as Exposure;
  await until(async () => (await exposed()).did.some(({ principal }) => principal === eve.principal));
  const exposure = await exposed();
  expect(exposure.reveals.map((each) => each.emergency)).toContain(emergencyId);
  expect(exposure.emergencies).toMatchObject([{ emergencyId, isOpen: true, openedBy: { personId: eve.person } }]);

  // The explanation names it as the path.
  const read = atSite.findIndex(({ principal, action }) => principal === eve.principal && action === "phi.read");
  const explained = dataOf(await ada.call(api, "policy.explain", { crossing: { chain: `site:${STUDY}/704`, generation: 1, seq: read + 1 } }));
  expect(explained).toMatchObject({ effect: "allow", emergency: emergencyId, paths: [{ role: "clinical_reviewer", site: "701" }] });

  const mine = async (): Promise<unknown> => dataOf(await eve.call(api, "emergencies.mine", {}));
  expect(await mine()).toMatchObject({ studies: [STUDY], last: { emergencyId, isOpen: true, review: null } });
  expect(dataOf(await ada.call(api, "emergencies.list", {}))).toMatchObject({ items: [{ emergencyId, isOpen: true, mayReview: false }], waiting: 0 });

  // Ended, it opens nothing from the commit on: row security looks for itself, whatever a node still believes.
  await using late = await at.serve({ ports: policyKeptForGood });
  expect(await reading(eve, subject, late)).toBe("ok");
  expect(await end(eve, emergencyId)).toBe("ok");
  expect(await end(eve, emergencyId)).toBe("emergency.state");
  expect([await reading(eve, subject, late), await revealing(eve, subject, late)]).toEqual(["policy.denied", "policy.denied"]);
  await persons.known(api);
  expect(await reading(eve)).toBe("policy.denied");

  // Not again until somebody else has looked: whatever the account.
  expect(await opening(eve)).toBe("emergency.unreviewed");
  const twin = await persons.add("twin", "clinical_reviewer", { study: STUDY, site: "701", as: eve });
  await persons.known(api);
  expect(await opening(twin)).toBe("emergency.unreviewed");
  await settled(ada, emergencyId);
  const looked = await look(ada, emergencyId);
  expect(dataOf(await ada.call(api, "emergencies.list", {}))).toMatchObject({ items: [{ emergencyId, isOpen: false, mayReview: true }], waiting: 1 });
  expect(looked).toMatchObject({ reason: REASON, whyNot: null, isMore: false });
  expect(looked.reads.map(({ action, what }) => `${action} ${what}`)).toEqual([
    "subject.read DM",
    "phi.read DM.SUBJID, record 1",
    "subject.read history of DM.1",
    "subject.read DM",
  ]);
  expect(await review(ada, emergencyId, "0".repeat(64))).toBe("emergency.changed");
  expect(await review(ada, emergencyId, looked.seen, "not_justified")).toBe("ok");
  expect(await review(ben, emergencyId, looked.seen)).toBe("emergency.state");
  const reviewed = (await at.records(`site:${STUDY}/704`)).filter(
    ({ action, decision, detail }) => action === "emergency.review" && decision === "allow" && detail?.includes("verdict"),
  );
  expect(reviewed[0]?.["detail"]).toContain(`of=${emergencyId};verdict=not_justified;reads=4;seen=${looked.seen}`);
  expect(await mine()).toEqual({ studies: [STUDY], last: null });
  expect(await opening(eve)).toBe("ok");
});

test("who a subject is can be said as the study says it, and a guess that is wrong costs a proof and stands on record", async () => {
  const eve = await reviewer();
  const before = (await at.records("system")).filter(({ principal }) => principal === eve.principal).length;
  const used = asked(eve, { subject: "PILOT-704-9999" });
  expect(codeOf(await eve.call(api, "emergencies.open", used))).toBe("policy.denied");
  expect(codeOf(await eve.call(api, "emergencies.open", used))).toBe("stepup.failed");
  expect((await at.records("system")).filter(({ principal }) => principal === eve.principal)).toHaveLength(before + 2);
  const [row] = await at.owner.run<{ id: string }>`SELECT id FROM phi.subjects WHERE site = '704' ORDER BY id OFFSET 1 LIMIT 1`;
  expect(await opening(eve, { study: OTHER_STUDY, subject: row?.id })).toBe("policy.denied");
  const { subjectId } = await open(eve, { subject: "PILOT-704-1009" });
  expect(at704).toContain(subjectId);
});

test("what isn't needed, too long, proven for another time, of nobody, or asked for by whoever may not, opens nothing", async () => {
  const eve = await reviewer();
  const [own] = await at.owner.run<{ id: string }>`SELECT id FROM phi.subjects WHERE site = '701' LIMIT 1`;
  expect(await opening(eve, { subject: own?.id })).toBe("emergency.needless");
  expect(await opening(eve, { minutes: 241 })).toBe("input.invalid");
  expect(await opening(eve, { at: new Date(Date.now() - 180_000).toISOString() })).toBe("input.invalid");
  expect(codeOf(await eve.call(api, "emergencies.open", { ...asked(eve), minutes: 240 }))).toBe("stepup.failed");
  expect(codeOf(await eve.call(api, "emergencies.open", { ...asked(eve), subject: at704[1] }))).toBe("stepup.failed");
  expect(await opening(await reviewer("site_coordinator"))).toBe("policy.denied");
  expect(await opening(ada)).toBe("policy.denied");
  expect(codeOf(await api.call("reviewer701", "emergencies.open", asked(eve)))).toBe("policy.denied");
  // Two at once: one of them.
  const both = await Promise.all([opening(eve), opening(eve, { subject: at704[1] })]);
  expect(both.toSorted()).toEqual(["emergency.unreviewed", "ok"]);
});

test("the time is the schema's to keep: nobody makes it longer, opens it again, reviews their own, or takes a review back", async () => {
  const eve = await reviewer();
  const { emergencyId } = await open(eve, { minutes: 5 });
  const change = (sql: (run: typeof at.owner.run) => Promise<unknown>): Promise<string> =>
    sql(at.owner.run)
      .then(() => "done")
      .catch(() => "refused");
  expect(await change((run) => run`UPDATE policy.emergencies SET until_ms = until_ms + 60000 WHERE id = ${emergencyId}`)).toBe("refused");
  expect(await change((run) => run`UPDATE policy.emergencies SET subject = ${at704[1] ?? ""} WHERE id = ${emergencyId}`)).toBe("refused");
  expect(await change((run) => run`DELETE FROM policy.emergencies WHERE id = ${emergencyId}`)).toBe("refused");
  const [comment] = await at.owner.run<{ id: string }>`INSERT INTO audit.changes (id, request_id, sealed, commitment) VALUES (${`chg_${emergencyId}`}, 'r', 's', 'c') RETURNING id`;
  const reviewBy = (person: string, atMs: number) =>
    change(
      (run) => run`
    UPDATE policy.emergencies SET reviewed_at_ms = ${atMs}::bigint, reviewed_by = ${person}, verdict = 'justified', comment = ${comment?.id ?? ""}, seen = ${"0".repeat(64)} WHERE id = ${emergencyId}`,
    );
  expect(await reviewBy(ada.person, Date.now())).toBe("refused");
  expect(await end(eve, emergencyId)).toBe("ok");
  expect(await change((run) => run`UPDATE policy.emergencies SET ended_at_ms = NULL, ended_by = NULL, ended_how = NULL WHERE id = ${emergencyId}`)).toBe("refused");
  expect(await reviewBy(eve.person, Date.now())).toBe("refused");
  expect(await reviewBy(ada.person, Date.now())).toBe("done");
  expect(await reviewBy(ben.person, Date.now())).toBe("refused");
});

test("an administrator ends it; whoever is locked or leaves loses it, and has it no more when the lock is lifted", async () => {
  const [eve, fay, gil] = [await reviewer(), await reviewer(), await reviewer()];
  const [one, two] = [await open(eve), await open(fay)];
  await open(gil);
  expect(codeOf(await fay.call(api, "emergencies.end", { emergencyId: one.emergencyId }))).toBe("policy.denied");
  expect(codeOf(await fay.call(api, "emergencies.stop", { emergencyId: one.emergencyId, reason: REASON }))).toBe("policy.denied");
  expect(codeOf(await ben.call(api, "emergencies.stop", { emergencyId: one.emergencyId, reason: REASON }))).toBe("ok");
  const { lockId } = dataOf(await ada.call(api, "locks.set", { target: { kind: "person", personId: fay.person }, reason: REASON })) as { lockId: string };
  expect(codeOf(await ada.call(api, "locks.lift", { lockId, reason: REASON }))).toBe("ok");
  await at.owner.run`UPDATE people.persons SET status = 'suspended' WHERE id = ${gil.person}`;
  await persons.known(api);
  const rows = await at.owner.run<{
    person: string;
    ended_how: string;
  }>`SELECT person, ended_how FROM policy.emergencies WHERE person IN (${eve.person}, ${fay.person}, ${gil.person}) ORDER BY from_ms`;
  expect(rows.map(({ ended_how }) => ended_how)).toEqual(["administrator", "stopped", "stopped"]);
  expect(await reading(eve)).toBe("policy.denied");
  const { emergencies } = api.process.policy.current().principals.get(fay.principal) ?? {};
  expect([emergencies ?? [], two.site]).toEqual([[], "704"]);
});

test("an emergency ends by itself, with the role by which it was opened, and at a site that is locked or that the subject has left", async () => {
  const eve = await reviewer();
  const { emergencyId } = await open(eve);
  const overNow = principalsAs((principal) => ({ ...principal, emergencies: principal.emergencies?.map((each) => ({ ...each, untilMs: Date.now() })) ?? [] }));
  await using later = await at.serve({ ports: overNow });
  expect([await reading(eve), await reading(eve, at704[0], later)]).toEqual(["ok", "policy.denied"]);
  const { lockId } = dataOf(await ada.call(api, "locks.set", { target: { kind: "site", study: STUDY, site: "704" }, reason: REASON })) as { lockId: string };
  await persons.known(api);
  expect(await reading(eve)).toBe("policy.denied");
  expect(codeOf(await ada.call(api, "locks.lift", { lockId, reason: REASON }))).toBe("ok");
  await persons.known(api);
  expect(await reading(eve)).toBe("ok");
  expect(codeOf(await api.call("regulatory", "subjects.transfer", { subjectId: at704[0], to: "701", reason: "has moved to another town" }))).toBe("ok");
  // Now of the reviewer's own site: by the role, and no more by the emergency.
  await reading(eve);
  const own = (await at.records(`site:${STUDY}/701`)).findLast(({ principal, action }) => principal === eve.principal && action === "subject.read");
  expect(own?.["detail"]).not.toContain("emergency=");
  dataOf(await api.call("regulatory", "subjects.transfer", { subjectId: at704[0], to: "704", reason: "has moved back again" }));
  await at.owner.run`UPDATE policy.assignments SET until_ms = ${Date.now()} WHERE principal = ${eve.principal}`;
  await at.owner.run`INSERT INTO policy.assignments (principal, role, study, site, from_ms) VALUES (${eve.principal}, 'site_coordinator', ${STUDY}, '701', 0)`;
  await persons.known(api);
  expect(await reading(eve)).toBe("policy.denied");
  expect(await end(await reviewer(), emergencyId)).toBe("policy.denied");
});

faultTest("R6", "nobody reviews their own emergency, nor with a second account", async (defence) => {
  const eve = await reviewer();
  const { emergencyId } = await open(eve);
  expect(await end(eve, emergencyId)).toBe("ok");
  const admin = await persons.add(`admin${(count += 1)}`, "security_admin", { as: eve });
  const lax = principalsAs((principal) => (defence === "off" && principal.id === admin.principal ? { ...principal, person: ada.person } : principal));
  await using other = await at.serve({ ports: lax });
  await settled(ada, emergencyId);
  const { seen } = await look(ada, emergencyId);
  const input = { emergencyId, seen, verdict: "justified", comment: "I know why I did it" };
  expect(codeOf(await admin.call(other, "emergencies.review", input))).toBe("policy.separation");
});

faultTest("R14", "what goes on under an emergency ends with it, and what one has ended opens nothing", async (defence) => {
  const eve = await reviewer();
  const { emergencyId, subjectId } = await open(eve);
  const watching: Ports = defence === "off" ? policyKeptForGood : (real) => real;
  await using other = await at.serve({
    ports: watching,
    router: (deps) => {
      const boundary = createBoundary(deps);
      const input = strict({});
      return boundary.router({
        watch: {
          subject: boundary.watch(
            {
              action: "subject.read",
              resource: "subject",
              input,
              output: strict({}),
              locate: async () => ({ place: { kind: "one", site: await deps.subjects.siteOf(subjectId) }, subject: subjectId, found: null }),
            },
            async function* (_crossing, signal) {
              while (!signal.aborted) {
                yield {};
                await new Promise((resolve) => setTimeout(resolve, 50));
              }
            },
          ),
        },
      }) as never;
    },
  });
  await persons.known(other);
  let isOver = false;
  const watched = (async () => {
    for await (const _line of eve.watch(other, "watch.subject", {})) void _line;
  })()
    .catch(() => undefined)
    .then(() => (isOver = true));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(isOver).toBe(false);
  expect(await end(eve, emergencyId)).toBe("ok");
  await until(() => isOver, 1500).catch(() => undefined);
  const wasOver = isOver;
  await other.close();
  await watched;
  expect(wasOver).toBe(true);
});
