import { openNote } from "@sallyport/audit";
import { policyStatement } from "@sallyport/custody";
import { openFoundingLinks } from "@sallyport/custody/credentials";
import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bodyOf, Desk, type Enrolled, PASSWORD, type SignedIn } from "./people.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";

interface Administrator {
  readonly who: Enrolled;
  readonly session: SignedIn;
}
interface Content {
  readonly title: string;
  readonly roles: readonly { readonly name: string; readonly description: string; readonly assignableBy: readonly string[] }[];
  readonly grants: readonly { readonly id: string; readonly role: string; readonly action: string; readonly resource: string }[];
  readonly separation: readonly { readonly id: string; readonly first: string; readonly second: string }[];
}
interface Asked {
  readonly approvalId: string;
  readonly digest: string;
}
interface Proposed {
  readonly proposal: { readonly proposalId: string; readonly digest: string; readonly version: number };
  readonly tests: { readonly failed: number; readonly failures: readonly { readonly role: string; readonly action: string; readonly expected: string }[] };
  readonly difference: readonly unknown[];
}

const REASON = "because it has to be so";
let at: Deployment;
let api: Api;
let other: Api;
let desk: Desk;
let ada: Administrator;
let ben: Administrator;
let cleo: Administrator;

beforeAll(async () => {
  at = await deployment();
  [api, other] = [await at.serve(), await at.serve()];
  desk = await Desk.of(at);
  const links = openFoundingLinks(at.custodian.store).map(({ secret }) => secret);
  const [first, second] = [
    await desk.enrol(api, links[0] ?? "", { username: "ada.founder", printedName: "Ada Founder" }, "passkey"),
    await desk.enrol(api, links[1] ?? "", { username: "ben.founder", printedName: "Ben Founder" }, "passkey"),
  ];
  ada = { who: first, session: await desk.signIn(api, first) };
  ben = { who: second, session: await desk.signIn(api, second) };
  const third = await desk.person(api, "cleo.admin", "password", { role: "security_admin" });
  cleo = { who: third, session: await desk.signIn(api, third) };
});
afterAll(async () => {
  desk?.close();
  await api?.close();
  await other?.close();
  await at?.close();
});

const call = ({ session }: Administrator, procedure: string, input: object) => desk.call(api, session, procedure, input);
const current = async () =>
  (dataOf(await call(ada, "policy.current", {})) as { policy: { version: number; label: string; digest: string; content: Content; suite: string } }).policy;
const propose = async (by: Administrator, content: Content, suite: string): Promise<Proposed> => dataOf(await call(by, "policy.propose", { content, suite })) as Proposed;
const ask = (by: Administrator, { proposal: { proposalId, digest } }: Proposed, effectiveAt: string | null = null) =>
  call(by, "approvals.requestPolicyChange", { proposalId, digest, effectiveAt, reason: REASON });
const asked = (reply: Awaited<ReturnType<typeof ask>>): Asked => (dataOf(reply) as { approval: Asked }).approval;
const show = async (by: Administrator, { approvalId }: Asked) =>
  dataOf(await call(by, "approvals.get", { approvalId })) as {
    challenge: string | null;
    statement: string;
    effect: readonly { what: string; before: string | null; after: string | null }[];
  };
const decide = async (by: Administrator, { approvalId, digest }: Asked, proof: object): Promise<string> =>
  codeOf(await call(by, "approvals.decide", { approvalId, digest, verdict: "approve", reason: REASON, proof }));
const approve = async (by: Administrator, request: Asked): Promise<string> => {
  const { challenge } = await show(by, request);
  return decide(by, request, { kind: "passkey", response: by.who.authenticator?.get(challenge ?? "") });
};
/** The active policy with one more right, and the tests that state it. */
async function widened(
  right: string,
  { stated = true, title }: { readonly stated?: boolean; readonly title?: string } = {},
): Promise<{ readonly content: Content; readonly suite: string }> {
  const { content, suite } = await current();
  const [role = "", act = ""] = right.split(": ");
  const [action = "", resource = ""] = act.split(" ");
  return {
    content: { ...content, title: title ?? content.title, grants: [...content.grants, { id: `${role}:${action}:${resource}`, role, action, resource }] },
    suite: stated ? suite.replace(`  ${role}:\n`, `  ${role}:\n    - ${act}\n`) : suite,
  };
}
/** Why the last record of `system` that is like both of these was decided as it was. */
async function explainedLast(like: string, and: string): Promise<unknown> {
  const [last] = await at.owner.run<{
    n: number;
  }>`SELECT seq::integer AS n FROM audit.records WHERE chain = 'system' AND body LIKE ${like} AND body LIKE ${and} ORDER BY seq DESC LIMIT 1`;
  return dataOf(await call(ada, "policy.explain", { crossing: { chain: "system", generation: 1, seq: last?.n ?? 0 } }));
}
const known = async (): Promise<void> => void (await Promise.all([api, other].map((each) => each.process.policy.refresh())));

test("a policy whose tests fail is shown with what failed, and isn't put to approval", async () => {
  const { content, suite } = await widened("data_steward: trail.read trail", { stated: false });
  const proposed = await propose(ada, content, suite);
  expect(proposed.tests.failures[0]).toMatchObject({ role: "data_steward", action: "trail.read", expected: "deny" });
  expect(codeOf(await ask(ada, proposed))).toBe("policy.tests_failed");
});

test("what can't be compiled, or whose tests can't be read, isn't stored, and says where", async () => {
  const { content, suite } = await current();
  const wrong = await call(ada, "policy.propose", { content: { ...content, grants: [{ id: "x", role: "auditor", action: "trail.burn", resource: "trail" }] }, suite });
  expect(JSON.parse(wrong.text)).toMatchObject({ code: "policy.invalid", where: ["grants[0].action: not in the closed list"] });
  expect(JSON.parse((await call(ada, "policy.propose", { content, suite: "- x" })).text)).toMatchObject({ code: "policy.invalid", where: ["suite.document: not a mapping"] });
});

test("a policy that would leave nobody to change it isn't put to approval", async () => {
  const { content, suite } = await current();
  const proposed = await propose(
    ada,
    { ...content, grants: content.grants.filter(({ id }) => id !== "security_admin:approval.decide:approval") },
    suite.replace("    - approval.decide approval\n    - principal.read", "    - principal.read"),
  );
  expect(proposed.tests.failed).toBe(0);
  expect(codeOf(await ask(ada, proposed))).toBe("policy.invalid");
});

test("the impact says who gains and who loses assigning a role, and doing both of two acts, and is exported whole", async () => {
  const { content, suite } = await current();
  const roles = content.roles.map((role) => (role.name === "auditor" ? { ...role, assignableBy: ["auditor"] } : role));
  const grants = [...content.grants, { id: "auditor:assignment.change:principal", role: "auditor", action: "assignment.change", resource: "principal" }];
  const separation = content.separation.filter((rule) => rule.second !== "packet.release");
  const both = { id: "lock-lift", first: "lock.set", second: "lock.lift" };
  const { proposal } = await propose(ada, { ...content, roles, grants, separation: [...separation, both] }, suite);
  const asked = async (format: "rows" | "csv") =>
    dataOf(await call(ben, "policy.proposal", { proposalId: proposal.proposalId, format })) as {
      impact: {
        assigning: readonly { principalName: string | null; role: string; after: boolean }[];
        separation: readonly { principals: readonly { name: string | null }[]; first: string; second: string; after: boolean; deployment: boolean; sites: readonly string[] }[];
      };
      csv: string | null;
    };
  const { impact, csv } = await asked("rows");
  expect(csv).toBeNull();
  const assigning = impact.assigning.map(({ principalName, role, after }) => `${principalName ?? "-"} ${role} ${after ? "gains" : "loses"}`);
  // Who holds the role at one site alone assigns nothing.
  expect(assigning.toSorted()).toEqual([
    "Ada Founder auditor loses",
    "Ben Founder auditor loses",
    "Person cleo.admin auditor loses",
    "admin auditor loses",
    "auditor auditor gains",
  ]);
  // Who releases doesn't upload: nobody gains both. Whoever locks lifts, and loses that, person by person.
  const acts = impact.separation.map(
    ({ principals, first, second, after, deployment, sites }) =>
      `${principals.map(({ name }) => name ?? "-").join("+")} ${after ? "gains" : "loses"} ${first} ${second} at ${[...(deployment ? ["deployment"] : []), ...sites].join(" ")}`,
  );
  const anywhere = "loses lock.set lock.lift at deployment OTHER/901 PILOT/701 PILOT/704";
  expect(acts.toSorted()).toEqual([
    `Ada Founder ${anywhere}`,
    `Ben Founder ${anywhere}`,
    `Person cleo.admin ${anywhere}`,
    `admin ${anywhere}`,
    "admin701 loses lock.set lock.lift at PILOT/701",
  ]);
  const lines = ((await asked("csv")).csv ?? "").split("\r\n");
  expect(lines[0]).toBe('"kind","principal","name","what","signed in by","before","after","places","from"');
  expect(lines.filter((line) => line.startsWith('"assigning",'))).toHaveLength(impact.assigning.length);
  expect(lines.filter((line) => line.startsWith('"both acts",'))).toHaveLength(impact.separation.length);
  expect(lines.find((line) => line.startsWith('"both acts",'))).toContain("lock.set then lock.lift");
});

test("a proposal is tested, shown with its exact effect and impact, approved by another's passkey, and in effect on every node within a second", async () => {
  const before = await current();
  const { content, suite } = await widened("auditor: workload.read workload", { title: "Second" });
  const proposed = await propose(ada, content, suite);
  expect(proposed.tests.failed).toBe(0);
  const { proposalId } = proposed.proposal;
  const looked = dataOf(await call(ben, "policy.proposal", { proposalId })) as { impact: object; refused: string | null; proposal: object };
  expect(looked).toMatchObject({
    refused: null,
    proposal: { state: "draft", isMine: false, isStale: false },
    impact: {
      lost: 0,
      altered: 0,
      rows: [
        { principal: "svc_auditor", deployment: true, after: { allowed: true } },
        { principal: "svc_auditor701", sites: ["PILOT/701"], deployment: false },
      ],
    },
  });
  // What one person locks or suspends now, and lifts again by themselves, hides nothing of what it comes to.
  const locks: string[] = [];
  for (const target of [
    { kind: "role", role: "auditor" },
    { kind: "site", study: "PILOT", site: "701" },
  ])
    locks.push((dataOf(await call(ada, "locks.set", { target, reason: REASON })) as { lockId: string }).lockId);
  await at.owner.run`UPDATE policy.principals SET status = 'suspended' WHERE id = 'svc_auditor'`;
  await known();
  const stopped = dataOf(await call(ben, "policy.proposal", { proposalId })) as typeof looked;
  expect(stopped.impact).toEqual(looked.impact);
  // What somebody can do leaves out what is stopped there.
  const steward = dataOf(await call(ben, "policy.whatCan", { principal: "svc_steward701" })) as { abilities: readonly { action: string }[] };
  expect(steward.abilities.map(({ action }) => action)).not.toContain("packet.read");
  await at.owner.run`UPDATE policy.principals SET status = 'active' WHERE id = 'svc_auditor'`;
  for (const lockId of locks) dataOf(await call(ada, "locks.lift", { lockId, reason: REASON }));
  await known();
  // Who made it puts it to approval, and nobody else.
  expect(codeOf(await ask(ben, proposed))).toBe("policy.separation");
  const request = asked(await ask(ada, proposed));
  const { effect, statement } = await show(ben, request);
  expect(effect).toContainEqual({ what: "auditor: workload.read workload", before: null, after: "allowed (auditor:workload.read:workload)" });
  expect(effect).toContainEqual({ what: "title", before: "Starter policy", after: "Second" });
  expect(JSON.parse(statement)).toMatchObject({ kind: "policy.change", payload: { digest: proposed.proposal.digest, version: "2", base: before.label } });
  expect(await decide(ada, request, { kind: "passkey", response: ada.who.authenticator?.assert(Buffer.from(request.digest, "hex")) })).toBe("policy.separation");
  expect(codeOf(await other.call("auditor", "workloads.list", {}))).toBe("policy.denied");
  expect(await approve(ben, request)).toBe("ok");
  const ms = await until(async () => codeOf(await other.call("auditor", "workloads.list", {})) === "ok", 3000);
  expect(ms).toBeLessThan(1000);
  await known();
  const after = await current();
  expect(after).toMatchObject({ version: 2, digest: proposed.proposal.digest, suite });
  const [stored] = await at.owner.run<{ note: string; canonical: string }>`SELECT note, canonical FROM policy.versions WHERE version = 2`;
  expect(openNote(stored?.note ?? "", api.process.watch.status().checkpointKey.vkey)).toBe(policyStatement(at.custodian.deployment, stored?.canonical ?? ""));
  const record = (await at.records("system")).find(({ action, detail }) => action === "approval.decide" && detail?.includes("after="));
  expect(record?.["detail"]).toContain(`before=${before.label};beforeDigest=${before.digest};after=${after.label};afterDigest=${after.digest};effective=now`);
});

test("a vote by password, or by a passkey that the api alone vouches for, is refused before it is cast", async () => {
  const { version } = await current();
  const { content, suite } = await widened("auditor: keys.read key_ring");
  const request = asked(await ask(ada, await propose(ada, content, suite)));
  expect(await decide(cleo, request, { kind: "password", password: PASSWORD, totp: await desk.code(cleo.who) })).toBe("approval.passkey");
  const attested = await desk.person(api, "dora.admin", "passkey", { role: "security_admin" });
  const dora = { who: attested, session: await desk.signIn(api, attested) };
  expect(await approve(dora, request)).toBe("approval.passkey");
  const [votes] = await at.owner.run<{ n: string }>`SELECT count(*) AS n FROM approvals.votes WHERE request = ${request.approvalId}`;
  expect(votes?.n).toBe("0");
  expect(await approve(ben, request)).toBe("ok");
  await known();
  expect((await current()).version).toBe(version + 1);
});

test("of two proposals from one version one takes effect, and the other has to be made again", async () => {
  const first = await widened("auditor: session.end session");
  const second = await widened("auditor: lock.read lock");
  const [one, two] = [await propose(ada, first.content, first.suite), await propose(ada, second.content, second.suite)];
  const [asking, waiting] = [asked(await ask(ada, one)), asked(await ask(ada, two))];
  expect(await approve(ben, asking)).toBe("ok");
  expect(await approve(ben, waiting)).toBe("approval.changed");
  await known();
  expect(codeOf(await ask(ada, await propose(ada, second.content, second.suite)))).toBe("ok");
});

test("an earlier version comes back by one act, as a new version, through the same approval", async () => {
  const { version } = await current();
  const request = asked(await call(ben, "approvals.requestPolicyRevert", { version: 1, reason: REASON }));
  expect((await show(ada, request)).effect).toContainEqual({ what: "taken from", before: null, after: "version 1" });
  expect(await approve(ada, request)).toBe("ok");
  await known();
  const now = await current();
  expect(now.version).toBe(version + 1);
  expect(codeOf(await other.call("auditor", "workloads.list", {}))).toBe("policy.denied");
  const { versions } = dataOf(await call(ada, "policy.versions", {})) as { versions: readonly { version: number; state: string; title: string }[] };
  expect(versions[0]).toMatchObject({ state: "active", title: "Starter policy" });
  expect(versions.filter(({ state }) => state === "past").length).toBe(version);
});

test("the name of a role that there was before isn't given to another one: what was assigned under it would be in force again", async () => {
  const { content, suite } = await current();
  const role = { name: "monitor_2", description: "Looks on.", assignableBy: ["security_admin"] };
  const withRole = { ...content, roles: [...content.roles, role] };
  expect(await approve(ben, asked(await ask(ada, await propose(ada, withRole, suite))))).toBe("ok");
  await known();
  // Whatever it is called, it can be stopped.
  const { lockId } = dataOf(await call(ada, "locks.set", { target: { kind: "role", role: role.name }, reason: REASON })) as { lockId: string };
  dataOf(await call(ada, "locks.lift", { lockId, reason: REASON }));
  // While it is there it is changed like every other.
  const wider = { ...withRole, roles: [...content.roles, { ...role, description: "Looks on, twice." }] };
  expect((await propose(ada, wider, suite)).tests.failed).toBe(0);
  expect(await approve(ada, asked(await call(ben, "approvals.requestPolicyRevert", { version: 1, reason: REASON })))).toBe("ok");
  await known();
  const again = await call(ada, "policy.propose", { content: withRole, suite });
  expect(JSON.parse(again.text)).toMatchObject({ code: "policy.invalid", where: [expect.stringContaining("monitor_2 was another role before") as string] });
});

test("a policy with a date takes effect at that time, on record; one whose base was replaced by then doesn't", async () => {
  const first = await widened("auditor: principal.read principal");
  const scheduled = await propose(ada, first.content, first.suite);
  const soon = new Date(Date.now() + 3_000).toISOString();
  expect(codeOf(await ask(ada, scheduled, new Date(Date.now() - 1).toISOString()))).toBe("input.invalid");
  const request = asked(await ask(ada, scheduled, soon));
  expect(await approve(ben, request)).toBe("ok");
  const late = await propose(ada, first.content, first.suite);
  const later = asked(await ask(ada, late, new Date(Date.now() + 4_000).toISOString()));
  expect(await approve(ben, later)).toBe("ok");
  await known();
  expect(dataOf(await call(ada, "policy.current", {}))).toMatchObject({
    scheduled: [{ version: late.proposal.version }, { version: scheduled.proposal.version, effectiveAt: soon }],
  });
  await until(async () => (await current()).version === scheduled.proposal.version, 8000);
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(soon));
  await until(async () => {
    const { versions } = dataOf(await call(ada, "policy.versions", {})) as { versions: readonly { version: number; state: string }[] };
    return versions.find(({ version }) => version === late.proposal.version)?.state === "superseded";
  }, 8000);
  const records = (await at.records("system")).filter(({ principal, action }) => principal === "api" && action === "role.change");
  expect(records.map(({ resource, reason }) => [resource, reason])).toEqual([
    [request.approvalId, "effective"],
    [later.approvalId, "superseded"],
  ]);
});

test("a policy whose date finds one administrator alone doesn't take effect, on record", async () => {
  const { version } = await current();
  const next = await widened("auditor: document.read ectd_sequence");
  const proposed = await propose(ada, next.content, next.suite);
  const request = asked(await ask(ada, proposed, new Date(Date.now() + 4_000).toISOString()));
  expect(await approve(ben, request)).toBe("ok");
  await at.owner.run`UPDATE people.persons SET status = 'suspended' WHERE id <> ${ada.who.personId} AND status = 'active'`;
  await until(
    async () => (await at.records("system")).some(({ action, resource, reason }) => action === "role.change" && resource === request.approvalId && reason === "refused"),
    10_000,
  );
  await at.owner.run`UPDATE people.persons SET status = 'active' WHERE status = 'suspended'`;
  await known();
  expect((await current()).version).toBe(version);
});

test("a version that is approved for a date is stopped by one act: going back to the one in force", async () => {
  const before = await current();
  const next = await widened("auditor: document.read ectd_sequence");
  const due = await propose(ada, next.content, next.suite);
  expect(await approve(ben, asked(await ask(ada, due, new Date(Date.now() + 3_000).toISOString())))).toBe("ok");
  await known();
  expect(await approve(ada, asked(await call(ben, "approvals.requestPolicyRevert", { version: before.version, reason: REASON })))).toBe("ok");
  await known();
  const after = await current();
  expect([after.version, after.content]).toEqual([due.proposal.version + 1, before.content]);
  await until(async () => {
    const { versions } = dataOf(await call(ada, "policy.versions", {})) as { versions: readonly { version: number; state: string }[] };
    return versions.find(({ version }) => version === due.proposal.version)?.state === "superseded";
  }, 8_000);
});

faultTest("R8", "the active policy can't be moved back, nor to a version without a done approval of its digest, by the database itself", async (defence) => {
  if (defence === "off") await at.owner.run`ALTER TABLE policy.active DISABLE TRIGGER moved_by_approval`;
  const { version } = await current();
  try {
    // One that isn't refused is rolled back: what follows rests on the policy as it is.
    const moves = [1, version + 1].map((to) =>
      api.database
        .transaction(async (tx) => {
          if (to > version) await tx`INSERT INTO policy.versions (version, canonical, note) VALUES (${to}, '{}', 'n')`;
          await tx`UPDATE policy.active SET version = ${to}`;
          await tx`SET CONSTRAINTS ALL IMMEDIATE`;
          throw new RangeError("moved");
        })
        .catch((error: unknown) => (error instanceof RangeError ? "moved" : "refused")),
    );
    expect(await Promise.all(moves)).toEqual(["refused", "refused"]);
  } finally {
    await at.owner.run`ALTER TABLE policy.active ENABLE ALWAYS TRIGGER moved_by_approval`;
  }
});

test("who can, what can, why, and what would have been decided otherwise, are answered with their path", async () => {
  const who = dataOf(await call(ada, "policy.whoCan", { action: "packet.release", resource: "packet", place: "PILOT/704" })) as {
    holders: readonly { principal: string; paths: readonly object[] }[];
  };
  expect(who.holders).toMatchObject([{ principal: "svc_steward", paths: [{ role: "data_steward", study: "PILOT", site: "*", rule: "data_steward:packet.release:packet" }] }]);
  const csv = (dataOf(await call(ada, "policy.whoCan", { action: "packet.release", resource: "packet", place: "PILOT/704", format: "csv" })) as { csv: string }).csv;
  expect(csv.split("\r\n")[1]).toBe('"svc_steward","steward","packet.release","packet","PILOT/704","data_steward","PILOT","*","-","data_steward:packet.release:packet","","","-"');
  const what = dataOf(await call(ada, "policy.whatCan", { principal: "svc_steward701" })) as { abilities: readonly { action: string }[] };
  expect(what.abilities.map(({ action }) => action)).toContain("packet.release");
  expect(codeOf(await call(ada, "policy.whoCan", { action: "packet.destroy", resource: "packet", place: "deployment" }))).toBe("input.invalid");
  const why = (question: object) => call(ada, "policy.explain", { question });
  expect(dataOf(await why({ principal: "svc_steward701", action: "packet.release", resource: "packet", place: "PILOT/704" }))).toMatchObject({
    effect: "deny",
    reason: "other_site",
    needed: "data_steward at the resource's site",
  });
  await other.call("steward701", "packets.list", {});
  await other.call("steward701", "subjects.list", {});
  expect(await explainedLast("%svc_steward701%", "%subject.list%")).toMatchObject({
    effect: "deny",
    reason: "no_rule",
    rolesThatMay: expect.arrayContaining(["clinical_reviewer"]) as string[],
    recorded: { outcome: "deny", reason: "policy.denied:no_rule" },
  });
  // One's own request, and what isn't there: neither reads as allowed, and neither asks for a role over the whole deployment.
  expect(await explainedLast("%approval.decide%", '%"reason":"policy.separation"%')).toMatchObject({ effect: "deny", reason: "separation", needed: "another person" });
  await other.call("steward701", "packets.inspect", { packetId: "pkt_00000000000000000000000000" });
  expect(await explainedLast("%svc_steward701%", "%pkt_00000000000000000000000000%")).toMatchObject({
    effect: "deny",
    reason: "no_site",
    needed: "a resource with a registered site",
    recorded: { reason: "policy.denied:no_site" },
  });
  const { content, suite } = await current();
  const narrower = await propose(
    ada,
    { ...content, grants: content.grants.filter(({ id }) => id !== "data_steward:packet.read:packet") },
    suite.replace("    - packet.read packet\n", ""),
  );
  await until(async () => {
    const replay = dataOf(await call(ada, "policy.replay", { proposalId: narrower.proposal.proposalId })) as {
      otherwise: readonly { crossing: { action: string }; before: string; after: string }[];
    };
    return replay.otherwise.some(({ crossing, before, after }) => crossing.action === "packet.read" && before === "allow" && after === "deny");
  });
});

test("roles are read and changed over the whole deployment alone", async () => {
  expect(bodyOf(await other.call("auditor", "policy.proposals", {}))).toBeDefined();
  for (const [who, procedure, input] of [
    ["auditor701", "policy.current", {}],
    ["admin701", "policy.whatCan", { principal: "svc_steward" }],
    ["reviewer", "policy.proposals", {}],
  ] as const)
    expect(codeOf(await other.call(who, procedure, input)), procedure).toBe("policy.denied");
});
