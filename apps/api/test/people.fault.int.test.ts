import { removalDigest } from "@sallyport/api";
import { AccessTokenVerifier, sha256Hex, strictChecks } from "@sallyport/crypto";
import type { PeopleStores, PasswordHasher } from "@sallyport/people";
import { faultTest, timePairs, WELCH_LIMIT, welchT } from "@sallyport/testkit";
import type { Tx } from "@sallyport/db";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Reply } from "./door-client.ts";
import { policyKeptForGood, type Ports, principalsAs } from "./lax-ports.ts";
import { bodyOf, Desk, type Enrolled, PASSWORD, type SignedIn } from "./people.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, type ServeOptions, until } from "./stack.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;

let at: Deployment;
let desk: Desk;
let admin: Enrolled;

beforeAll(async () => {
  at = await deployment();
  desk = await Desk.of(at);
  await using api = await at.serve();
  [admin] = await desk.found(api);
});
afterAll(async () => {
  desk.close();
  await at.close();
});

let count = 0;
/** Somebody that no other test has touched. */
const somebody = (api: Api, kind: "passkey" | "password"): Promise<Enrolled> => desk.person(api, `person${(count += 1)}`, kind);

type Stores = PeopleStores<Tx>;
const stores =
  (change: (real: Stores) => Partial<Stores>): NonNullable<ServeOptions["stores"]> =>
  (real) => ({ ...real, ...change(real) });
const off = (defence: "on" | "off", options: ServeOptions): ServeOptions => (defence === "off" ? options : {});

/** A hasher that takes any password for the right one. */
const anyPassword: NonNullable<ServeOptions["people"]> = (real) => ({
  ...real,
  hasher: {
    hash: (text: string) => real.hasher.hash(text),
    nobodys: () => real.hasher.nobodys(),
    matches: (phc: string | null) => Promise.resolve(phc !== null),
  } as unknown as PasswordHasher,
});

const overview = (api: Api, who: SignedIn) => desk.call(api, who, "me.overview", {});
const eventsOf = async (action: string, person: string) =>
  (await at.records("system")).filter((record) => record["action"] === action && record["resource"] === `person/${person}`);
/** A reply without its request's id: all that a caller can tell answers apart by. */
const bare = ({ status, text }: Reply): string => `${status} ${text.replace(/req_[0-9a-z]{26}/, "req")}`;

faultTest("S1", "a wrong password, a wrong code, or one component of the two signs nobody in, and is on record", async (defence) => {
  await using api = await at.serve(off(defence, { people: anyPassword }));
  const who = await somebody(api, "password");
  const right = { username: who.username, password: PASSWORD, totp: await desk.code(who) };
  for (const wrong of [{ totp: "000000" }, { totp: "" }, { password: "correct horse batterx" }]) {
    const reply = await desk.step(api, "sign-in/password", { ...right, ...wrong });
    expect([reply.status, codeOf(reply)]).toEqual([401, "signin.failed"]);
  }
  await until(async () => (await eventsOf("signin", who.personId)).filter(({ decision }) => decision === "deny").length === 3, 10_000);
});

faultTest("S2", "of twenty guesses at once, at sign-in and at a step-up, five are evaluated, and then the method is locked for that person alone", async (defence) => {
  let evaluated = 0;
  const counting = (real: Stores): Stores => ({
    ...real,
    people: { ...real.people, passwordOf: (person) => ((evaluated += 1), real.people.passwordOf(person)) },
    // Off: every claim is let through.
    ...(defence === "off" && { attempts: { ...real.attempts, claim: () => Promise.resolve({ isOpen: true, locks: false }) } }),
  });
  await using api = await at.serve({ stores: counting });
  const who = await somebody(api, "password");
  const other = await somebody(api, "password");
  const session = await desk.signIn(api, who);
  const authenticatorId = `aut_${"0".repeat(26)}`;
  evaluated = 0;
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      at % 2 === 0
        ? desk.step(api, "sign-in/password", { username: who.username, password: `wrong password ${at}`, totp: "000000" })
        : desk.call(api, session, "me.removeAuthenticator", { authenticatorId, proof: { kind: "password", password: `wrong password ${at}`, totp: "000000" } }),
    ),
  );
  // On a machine that is busy, some may not have come to be looked at.
  expect(replies.every(({ status }) => status === 401 || status === 503)).toBe(true);
  expect(evaluated).toBeLessThanOrEqual(5);
  const [step, right] = await desk.proofOf(api, who);
  expect(codeOf(await desk.step(api, step, right))).toBe("signin.failed");
  expect((await desk.signIn(api, other)).personId).toBe(other.personId);
  const { people } = dataOf(await desk.call(api, await desk.signIn(api, admin), "people.list", {})) as { people: { personId: string; locked: { method: string }[] }[] };
  expect(people.find(({ personId }) => personId === who.personId)?.locked).toMatchObject([{ method: "password" }]);
  await until(async () => (await eventsOf("lockout", who.personId)).length === 1, 10_000);
  // Who has to know is told: the alert is there from the record's commit on.
  expect(await at.owner.run`SELECT kind FROM audit.alerts WHERE about = ${`person/${who.personId}`}`).toEqual([{ kind: "method.locked" }]);
});

faultTest("S2", "strangers can't lock a passkey out: what they show is no credential of anybody's", async (defence) => {
  await using api = await at.serve();
  const who = await somebody(api, "passkey");
  const guess = async () => {
    const { ceremony } = bodyOf(await desk.step(api, "sign-in/passkey-options")) as { ceremony: string };
    const id = "A".repeat(43);
    const response = { clientDataJSON: "e30", authenticatorData: "AAAA", signature: "AAAA", userHandle: Buffer.from(who.personId).toString("base64url") };
    const body = { ceremony, response: JSON.stringify({ id, rawId: id, type: "public-key", clientExtensionResults: {}, response }) };
    return desk.step(api, "sign-in/passkey", body);
  };
  for (let at = 0; at < 6; at += 1) expect(codeOf(await guess())).toBe("signin.failed");
  // Off: what strangers show is counted for whoever they name, as with passwords.
  if (defence === "off") {
    const name = await nameOf(api, who);
    for (let at = 0; at < 6; at += 1) await api.process.people.attempts.claim(name, "passkey", { nowMs: Date.now(), limit: 5, lockMs: 60_000 });
  }
  const [step, body] = await desk.proofOf(api, who);
  expect(codeOf(await desk.step(api, step, body))).toBe("ok");
});

faultTest("S3", "a new token for a live session unlocks nothing", async (defence) => {
  const clearing = stores(({ sessions, attempts }) => ({
    sessions: {
      ...sessions,
      // Off: whoever renews a token begins with a clean count.
      addToken: async (tx, session, jti, expS) => {
        const [who] = [...names];
        if (who !== undefined) await attempts.clear(who, "password");
        return sessions.addToken(tx, session, jti, expS);
      },
    },
  }));
  const names = new Set<string>();
  await using api = await at.serve(off(defence, { stores: clearing }));
  const who = await somebody(api, "password");
  const session = await desk.signIn(api, who);
  names.add(await nameOf(api, who));
  for (let at = 0; at < 5; at += 1) await desk.step(api, "sign-in/password", { username: who.username, password: `wrong ${at}`, totp: "000000" });
  bodyOf(await desk.step(api, "token", { session: session.session }));
  const [step, right] = await desk.proofOf(api, who);
  expect(codeOf(await desk.step(api, step, right))).toBe("signin.failed");
});

/** What stands for a name in the store of attempts: the one that failing once adds. */
async function nameOf(api: Api, who: Enrolled): Promise<string> {
  const names = async () => new Set((await at.owner.run<{ name: string }>`SELECT name FROM people.attempts`).map(({ name }) => name));
  const before = await names();
  await desk.step(api, "sign-in/password", { username: who.username, password: "a wrong password", totp: "000000" });
  const [added] = [...(await names())].filter((name) => !before.has(name));
  await at.owner.run`DELETE FROM people.attempts WHERE name = ${added ?? ""}`;
  return added ?? "";
}

const verifierWithoutBinding = (): Ports => {
  const tokens = new AccessTokenVerifier(
    { issuer: `https://${at.trustDomain}/custodian`, audience: `https://${at.trustDomain}/api`, now: Date.now },
    { ...strictChecks, binding: () => undefined },
  );
  return (real) => ({
    ...real,
    tokens: {
      verify(authorization, peer) {
        tokens.setKeys(keys());
        return tokens.verify(authorization, peer);
      },
    },
  });
};
let keys: () => Parameters<AccessTokenVerifier["setKeys"]>[0] = () => [];

faultTest("R13", "a service that carries a person's token is refused, and so is the console that carries a service's", async (defence) => {
  const lax: Ports = (real) =>
    verifierWithoutBinding()(
      principalsAs((principal) => (principal.kind === "person" ? { ...principal, kind: "service", workload: at.spiffe("ingest") } : { ...principal, workload: consoleId }))(real),
    );
  const consoleId = `spiffe://${at.trustDomain}/zone/edge/console`;
  await using api = await at.serve(off(defence, { ports: lax }));
  keys = () => api.process.watch.status().tokenKeys;
  const session = await desk.signIn(api, admin);
  expect(codeOf(await api.client("ingest").call("studies.list", {}, session.token))).toBe("token.binding");
  expect(codeOf(await desk.client(api).call("studies.list", {}, at.forge("reviewer")))).toBe("token.binding");
});

test("a token that was minted for a person at a service's workload is refused there, whoever minted it", async () => {
  await using api = await at.serve();
  const { principal } = dataOf(await overview(api, await desk.signIn(api, admin))) as { principal: string };
  expect(codeOf(await api.client("ingest").call("studies.list", {}, at.forge("ingest", { sub: principal })))).toBe("token.binding");
  // Minted for the console, but for no session that anybody began.
  const x5t = at.x5t(desk.identities.console);
  const azp = `spiffe://${at.trustDomain}/zone/edge/console`;
  expect(codeOf(await desk.client(api).call("studies.list", {}, at.forge("ingest", { sub: principal, azp, x5t })))).toBe("session.ended");
});

const sessionsKeptForGood: Ports = (real) => {
  const first = new Map<string, ReturnType<typeof real.sessions.require>>();
  return {
    ...policyKeptForGood(real),
    sessions: {
      require(jti, isBackground) {
        const known = first.get(jti) ?? real.sessions.require(jti, isBackground);
        first.set(jti, known);
        return known;
      },
    },
  };
};

const ENDS = {
  "that was signed out": (api: Api, _who: Enrolled, session: SignedIn) => desk.step(api, "end", { session: session.session }),
  "that was ended by an administrator": async (api: Api, { personId }: Enrolled) =>
    desk.call(api, await desk.signIn(api, admin), "people.endSessions", { personId, reason: "the laptop is lost" }),
  "whose person was offboarded": async (api: Api, { personId }: Enrolled) =>
    desk.call(api, await desk.signIn(api, admin), "people.offboard", { personId, reason: "left the company today" }),
  "whose person was suspended": async (api: Api, { personId }: Enrolled) =>
    desk.call(api, await desk.signIn(api, admin), "people.suspend", { personId, reason: "left the study today" }),
};
for (const [what, end] of Object.entries(ENDS)) {
  faultTest("T12", `a session ${what} opens nothing from the next second on, on any node`, async (defence) => {
    await using api = await at.serve(off(defence, { ports: sessionsKeptForGood }));
    const who = await somebody(api, "passkey");
    const session = await desk.signIn(api, who);
    await using other = await at.serve(off(defence, { ports: sessionsKeptForGood }));
    for (const node of [api, other]) expect((await overview(node, session)).status).toBe(200);
    expect((await end(api, who, session)).status).toBe(200);
    const untilMs = performance.now() + 1000;
    let statuses: number[];
    do statuses = await Promise.all([api, other].map(async (node) => (await overview(node, session)).status));
    while (statuses.includes(200) && performance.now() < untilMs);
    expect(statuses).toEqual([401, 401]);
  });
}

faultTest("T12", "a session that nobody uses is over after its idle time, and what a page asks by itself is no use", async (defence) => {
  await using api = await at.serve({ sessionLimits: { idleMs: defence === "off" ? 1e9 : 1500, lifetimeMs: 1e9 } });
  const [idle, active] = [await desk.signIn(api, admin), await desk.signIn(api, admin)];
  const background = (who: SignedIn) =>
    desk.client(api).send({
      path: "/trpc/me.overview",
      headers: { authorization: `Bearer ${who.token}`, "sallyport-background": "1" },
      body: "{}",
    });
  const endMs = performance.now() + 2200;
  while (performance.now() < endMs) {
    await background(idle);
    expect((await overview(api, active)).status).toBe(200);
    await desk.step(api, "token", { session: idle.session });
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  expect(codeOf(await overview(api, idle))).toBe("session.idle");
  expect(codeOf(await desk.step(api, "token", { session: idle.session }))).toBe("session.idle");
});

faultTest("T12", "a session is over at its latest end, however busy it is", async (defence) => {
  await using api = await at.serve({ sessionLimits: { idleMs: 1e9, lifetimeMs: defence === "off" ? 1e9 : 1500 } });
  const session = await desk.signIn(api, admin);
  const endMs = performance.now() + 1700;
  while (performance.now() < endMs) await overview(api, session);
  expect(codeOf(await overview(api, session))).toBe("session.expired");
  expect(codeOf(await desk.step(api, "token", { session: session.session }))).toBe("session.expired");
});

faultTest("T13", "a challenge that was answered is answered no more, nor by an authenticator that keeps no count", async (defence) => {
  // Off: what was taken stays.
  const keeping = stores(({ ceremonies }) => ({ ceremonies: { ...ceremonies, take: (id, purpose, nowMs) => ceremonies.read(id, purpose, nowMs) } }));
  await using api = await at.serve(off(defence, { stores: keeping }));
  const who = await somebody(api, "passkey");
  const [step, body] = await desk.proofOf(api, { ...who, authenticator: countless(who) });
  await at.owner.run`UPDATE people.passkeys SET counter = 0 WHERE person = ${who.personId}`;
  expect(codeOf(await desk.step(api, step, body))).toBe("ok");
  expect(codeOf(await desk.step(api, step, body))).toBe("signin.failed");
});

/** The same authenticator, which says that it has never signed. */
function countless({ authenticator }: Enrolled): NonNullable<Enrolled["authenticator"]> {
  if (authenticator === null) throw new TypeError("no passkey");
  return new Proxy(authenticator, {
    get: (target, name) => (name === "get" ? (options: string) => target.get(options, { counter: 0 }) : (Reflect.get(target, name) as unknown)),
  });
}

faultTest("T13", "a code that was taken is taken no more within its window", async (defence) => {
  // Off: nobody remembers the step.
  const forgetful = stores(({ people }) => ({
    people: {
      ...people,
      passwordOf: async (person) => {
        const pair = await people.passwordOf(person);
        return pair === null ? null : { ...pair, lastStep: 0 };
      },
      useStep: () => Promise.resolve(true),
    },
  }));
  await using api = await at.serve(off(defence, { stores: forgetful }));
  const who = await somebody(api, "password");
  const [step, body] = await desk.proofOf(api, who);
  expect(codeOf(await desk.step(api, step, body))).toBe("ok");
  expect(codeOf(await desk.step(api, step, body))).toBe("signin.failed");
});

faultTest("T13", "a proof over one act is no proof over another, nor twice", async (defence) => {
  const lax: Ports = (real) => ({ ...real, stepUp: { ...real.stepUp, attest: () => Promise.resolve() } });
  await using api = await at.serve(off(defence, { ports: lax }));
  const who = await somebody(api, "passkey");
  const session = await desk.signIn(api, who);
  const mine = `aut_${"1".repeat(26)}`;
  const proof = { kind: "passkey", response: who.authenticator?.assert(Buffer.from(removalDigest(who.personId, mine), "hex")) ?? "" };
  const remove = (authenticatorId: string) => desk.call(api, session, "me.removeAuthenticator", { authenticatorId, proof });
  expect(codeOf(await remove(`aut_${"2".repeat(26)}`))).toBe("stepup.failed");
  expect(codeOf(await remove(mine))).toBe("policy.denied");
  expect(codeOf(await remove(mine))).toBe("stepup.failed");
});

test("a link that was used, has expired, was replaced, or never was, is not good, and nothing tells which", async () => {
  await using api = await at.serve();
  const { links } = api.process.people;
  const who = await somebody(api, "passkey");
  await at.owner.run`UPDATE people.persons SET status = 'recovering' WHERE id = ${who.personId}`;
  const issue = (secret: string, expiresMs: number) =>
    api.database.transaction((tx) => links.issue(tx, { id: `lnk_${secret[0]}`, kind: "recovery", person: who.personId, approval: null, expiresMs }, sha256Hex(secret)));
  const [replaced, expired, good] = ["P", "Q", "R"].map((letter) => letter.repeat(43)) as [string, string, string];
  await issue(replaced, Date.now() + 60_000);
  await issue(expired, Date.now() - 1);
  const replies = [await desk.step(api, "enrolment/open", { secret: replaced }), await desk.step(api, "enrolment/open", { secret: expired })];
  await issue(good, Date.now() + 60_000);
  expect(bodyOf(await desk.step(api, "enrolment/open", { secret: good }))).toMatchObject({ kind: "recovery", username: who.username });
  await desk.enrol(api, good, { username: who.username, printedName: who.printedName }, "password");
  replies.push(await desk.step(api, "enrolment/open", { secret: good }), await desk.step(api, "enrolment/open", { secret: "Z".repeat(43) }));
  expect(new Set(replies.map(bare)).size).toBe(1);
  expect(codeOf(replies[0] as Reply)).toBe("enrolment.invalid");
});

test("an unknown name, a wrong password, a wrong code, a locked method, a locked unknown name and a suspended person are answered in the same bytes", async () => {
  await using api = await at.serve();
  const who = await somebody(api, "password");
  const stopped = await somebody(api, "password");
  await at.owner.run`UPDATE people.persons SET status = 'suspended' WHERE id = ${stopped.personId}`;
  const ask = (over: object) => desk.step(api, "sign-in/password", { username: who.username, password: "a wrong password", totp: "000000", ...over });
  const right = { password: PASSWORD, totp: await desk.code(who) };
  const replies = [
    await ask({ username: "nobody.at.all" }),
    await ask({ username: "NOT a name; DROP" }),
    await ask({}),
    await ask({ totp: right.totp }),
    await ask({ password: PASSWORD }),
    await ask({ username: stopped.username, password: PASSWORD, totp: await desk.code(stopped) }),
  ];
  for (let at = 0; at < 6; at += 1) replies.push(await ask({ username: "nobody.at.all" }), await ask({}));
  replies.push(await ask(right));
  expect(new Set(replies.map(bare))).toEqual(new Set([bare(replies[0] as Reply)]));
  expect(codeOf(replies[0] as Reply)).toBe("signin.failed");
  const everything = JSON.stringify(await at.records("system")) + api.events.join("");
  for (const typed of ["nobody.at.all", "NOT a name", who.username, PASSWORD, "a wrong password", right.totp]) expect(everything).not.toContain(typed);
});

test("a node that can't read sessions for a second lets no person in, and services go on", async () => {
  let isAway = false;
  const failing = stores(({ sessions }) => ({
    sessions: { ...sessions, epoch: () => (isAway ? Promise.reject(new Error("planted")) : sessions.epoch()) },
  }));
  await using api = await at.serve({ stores: failing });
  const session = await desk.signIn(api, admin);
  isAway = true;
  await until(async () => codeOf(await overview(api, session)) === "policy.unavailable", 2500);
  expect((await api.call("auditor", "trail.chains", {})).status).toBe(200);
});

const PAIRS = LONG ? 10_000 : 30;
faultTest(
  "S1",
  "how long a refusal takes tells a name that somebody has from one that nobody has no better than chance",
  async (defence) => {
    // Off: for nobody, no password is worked out.
    const hasty: NonNullable<ServeOptions["people"]> = (real) => ({
      ...real,
      hasher: {
        hash: (text: string) => real.hasher.hash(text),
        nobodys: () => real.hasher.nobodys(),
        matches: (phc: string | null, text: string) => (phc === null ? Promise.resolve(false) : real.hasher.matches(phc, text)),
      } as unknown as PasswordHasher,
    });
    // Never locked: what is measured is the evaluation.
    const unlocked = stores(({ attempts }) => ({ attempts: { ...attempts, claim: async (...claim) => ({ ...(await attempts.claim(...claim)), isOpen: true }) } }));
    await using api = await at.serve({ stores: unlocked, limits: { connectionAgeMs: 7_200_000 }, ...off(defence, { people: hasty }) });
    const who = await somebody(api, "password");
    const ask = (username: string) => () => desk.step(api, "sign-in/password", { username, password: "a wrong password", totp: "000000" });
    const t = welchT(await timePairs(PAIRS, ask(who.username), ask("nobody.here")));
    expect(Math.abs(t)).toBeLessThan(WELCH_LIMIT);
  },
  LONG ? 7_200_000 : 120_000,
);
