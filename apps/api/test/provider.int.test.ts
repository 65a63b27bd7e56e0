import { createServer } from "node:http";
import { linkDigest, removalDigest } from "@sallyport/api";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Reply } from "./door-client.ts";
import { type Lie, LyingProvider } from "./lying-provider.ts";
import { bodyOf, Desk, type Enrolled, PASSWORD, type SignedIn } from "./people.ts";
import { closeLocally, listenLocally, RealProvider } from "./real-provider.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";

let at: Deployment;
let real: RealProvider;
let lying: LyingProvider;
/** One with the real provider, one with the lying one, and one with none. */
let api: Api;
let deceived: Api;
let plain: Api;
let desk: Desk;

beforeAll(async () => {
  at = await deployment();
  [real, lying] = await Promise.all([RealProvider.start(), LyingProvider.start()]);
  [api, deceived, plain] = await Promise.all([at.serve({ provider: real.settings }), at.serve({ provider: lying.settings }), at.serve()]);
  desk = await Desk.of(at);
});
afterEach(() => {
  lying.lie = {};
  lying.isSilent = false;
});
afterAll(async () => {
  desk.close();
  await Promise.all([api.close(), deceived.close(), plain.close()]);
  await Promise.all([real.close(), lying.close()]);
  await at.close();
});

interface Visit {
  readonly url: string;
  readonly browser: string;
}
const FAILED = "signin.failed";
const records = async (action: string) => (await at.records("system")).filter((record) => record["action"] === action);
const begin = async (on: Api = api): Promise<Visit> => bodyOf(await desk.step(on, "sign-in/provider-options")) as Visit;
const finish = (query: string, browser: string, on: Api = api): Promise<Reply> => desk.step(on, "sign-in/provider", { query, browser });
const proofOf = (who: Enrolled, digest: string) => ({ kind: "passkey", response: who.authenticator?.assert(Buffer.from(digest, "hex")) ?? "" });

/** Signs in at the real provider as this account, and comes back. */
async function signInAs(account: string): Promise<Reply> {
  const { url, browser } = await begin();
  return finish(await real.visit(url, account), browser);
}

async function beginLink(session: SignedIn, on: Api = api): Promise<string> {
  return (dataOf(await desk.call(on, session, "me.linkProviderOptions", {})) as { url: string }).url;
}

function finishLink(who: Enrolled, session: SignedIn, query: string, on: Api = api): Promise<Reply> {
  const state = new URLSearchParams(query).get("state") ?? "";
  return desk.call(on, session, "me.linkProvider", { query, proof: proofOf(who, linkDigest(who.personId, state)) });
}

const link = async (who: Enrolled, session: SignedIn, account: string): Promise<Reply> => finishLink(who, session, await real.visit(await beginLink(session), account));

async function linked(username: string, account: string): Promise<{ readonly who: Enrolled; readonly session: SignedIn; readonly identityId: string }> {
  const who = await desk.person(api, username, "passkey");
  const session = await desk.signIn(api, who);
  const { identity } = dataOf(await link(who, session, account)) as { identity: { identityId: string } };
  return { who, session, identityId: identity.identityId };
}

test("nobody signs in by a provider until both founders have enrolled", async () => {
  expect(codeOf(await desk.step(api, "sign-in/provider-options"))).toBe("founding.unfinished");
  expect(codeOf(await finish("code=c&state=s", "b".repeat(43)))).toBe("founding.unfinished");
  await desk.found(api);
});

test("where there is no provider, nothing says that there is one and no step knows it", async () => {
  expect(bodyOf(await desk.step(plain, "methods"))).toEqual({ methods: ["passkey", "password"], provider: null });
  expect(bodyOf(await desk.step(api, "methods"))).toEqual({ methods: ["passkey", "password", "provider"], provider: new URL(real.settings.issuer).host });
  expect(codeOf(await desk.step(plain, "sign-in/provider-options"))).toBe("input.not_found");
  expect(codeOf(await finish("code=c&state=s", "b".repeat(43), plain))).toBe("input.not_found");
  const session = await desk.signIn(plain, await desk.person(plain, "without.provider", "passkey"));
  expect(dataOf(await desk.call(plain, session, "me.provider", {}))).toEqual({ issuer: null, identities: [] });
  expect(codeOf(await desk.call(plain, session, "me.linkProviderOptions", {}))).toBe("input.not_found");
});

test("who has linked an identity to themselves signs in by it, and who has not is refused, with PKCE, state and nonce under way", async () => {
  expect(codeOf(await signInAs("grace"))).toBe(FAILED);
  const { who, session } = await linked("grace.hopper", "grace");
  const asked = new URL((await begin()).url).searchParams;
  expect(Object.fromEntries(asked)).toMatchObject({ response_type: "code", scope: "openid", code_challenge_method: "S256", max_age: "300" });
  for (const name of ["state", "nonce", "code_challenge"]) expect(asked.get(name)?.length).toBeGreaterThan(40);
  const signedIn = bodyOf(await signInAs("grace")) as SignedIn;
  expect(signedIn.personId).toBe(who.personId);
  const { sessions } = dataOf(await desk.call(api, signedIn, "me.overview", {})) as { sessions: { isThis: boolean; method: string }[] };
  expect(sessions.find(({ isThis }) => isThis)?.method).toBe("provider");
  expect(dataOf(await desk.call(api, session, "me.provider", {}))).toMatchObject({ issuer: real.settings.issuer, identities: [{ issuer: real.settings.issuer }] });
  expect((await records("signin")).at(-1)).toMatchObject({ decision: "allow", resource: `person/${who.personId}` });
  expect((await records("signin")).at(-1)?.["detail"]).toContain("method=provider");
  expect((await records("access.change")).at(-1)).toMatchObject({ decision: "allow" });
  // What the provider calls a person is nowhere: not on record, and not in the store.
  expect(JSON.stringify(await at.records("system"))).not.toMatch(/grace(?!\.hopper)|[?&]code=/);
  expect(JSON.stringify(await at.owner.run`SELECT * FROM people.identities`)).not.toContain("grace");
});

test("nobody else's identity signs in by a name that is the same: an account is found by what was linked alone", async () => {
  await desk.person(api, "namesake", "passkey");
  expect(codeOf(await signInAs("namesake"))).toBe(FAILED);
});

test("an answer counts once, in the browser and at the workload that it was begun in, and for signing in alone", async () => {
  const { who, session } = await linked("single.use", "single");
  const { url, browser } = await begin();
  const query = await real.visit(url, "single");
  bodyOf(await finish(query, browser));
  expect(codeOf(await finish(query, browser))).toBe(FAILED);
  const [mine, other] = [await begin(), await begin()];
  expect(codeOf(await finish(await real.visit(mine.url, "single"), other.browser))).toBe(FAILED);
  const elsewhere = await begin();
  const theirs = { query: await real.visit(elsewhere.url, "single"), browser: elsewhere.browser };
  expect(codeOf(await desk.step(api, "sign-in/provider", theirs, "terminal"))).toBe(FAILED);
  // A code that was issued under one visit, with the state of another.
  const [first, second] = [await begin(), await begin()];
  const crossed = new URLSearchParams(await real.visit(first.url, "single"));
  crossed.set("state", new URL(second.url).searchParams.get("state") ?? "");
  expect(codeOf(await finish(crossed.toString(), second.browser))).toBe(FAILED);
  const forLink = await real.visit(await beginLink(session), "single");
  expect(codeOf(await finish(forLink, browser))).toBe(FAILED);
  const forSignIn = await real.visit((await begin()).url, "another");
  expect(codeOf(await finishLink(who, session, forSignIn))).toBe("enrolment.refused");
});

test("an answer that is older than five minutes, names no state, two of them, or is a refusal, opens nothing", async () => {
  await linked("late.comer", "late");
  const { url, browser } = await begin();
  const query = await real.visit(url, "late");
  await at.owner.run`UPDATE people.ceremonies SET expires_ms = ${Date.now() - 1} WHERE purpose = 'provider_sign_in'`;
  expect(codeOf(await finish(query, browser))).toBe(FAILED);
  const again = await begin();
  const state = new URL(again.url).searchParams.get("state") ?? "";
  expect(codeOf(await finish("code=c", again.browser))).toBe(FAILED);
  expect(codeOf(await finish(`code=c&state=${state}&state=${state}`, again.browser))).toBe(FAILED);
  expect(codeOf(await finish(`error=access_denied&state=${state}`, again.browser))).toBe(FAILED);
});

test("linking takes a proof by what one has here, in the session that began it, and an identity belongs to one person", async () => {
  const who = await desk.person(api, "careful.one", "passkey");
  const session = await desk.signIn(api, who);
  const query = await real.visit(await beginLink(session), "careful");
  const wrong = proofOf(who, linkDigest(who.personId, "another state"));
  expect(codeOf(await desk.call(api, session, "me.linkProvider", { query, proof: wrong }))).toBe("stepup.failed");
  expect(codeOf(await desk.call(api, session, "me.linkProvider", { query, proof: { kind: "provider", response: "{}" } }))).toBe("input.invalid");
  expect(codeOf(await finishLink(who, await desk.signIn(api, who), query))).toBe("enrolment.refused");
  const other = await desk.person(api, "other.one", "passkey");
  const otherSession = await desk.signIn(api, other);
  expect(codeOf(await finishLink(other, otherSession, query))).toBe("enrolment.refused");
  // None of it has used the answer up.
  expect(codeOf(await finishLink(who, session, query))).toBe("ok");
  expect(codeOf(await finishLink(who, session, query))).toBe("enrolment.refused");
  expect(codeOf(await link(other, otherSession, "careful"))).toBe("enrolment.refused");
  expect(codeOf(await link(who, session, "a second one"))).toBe("enrolment.refused");
});

test("a session by a provider is no proof for another act", async () => {
  const { who } = await linked("no.proof", "no-proof");
  const signedIn = bodyOf(await signInAs("no-proof")) as SignedIn;
  const { identities } = dataOf(await desk.call(api, signedIn, "me.provider", {})) as { identities: { identityId: string }[] };
  const identityId = identities[0]?.identityId ?? "";
  expect(codeOf(await desk.call(api, signedIn, "me.unlinkProvider", { identityId, proof: { kind: "provider" } }))).toBe("input.invalid");
  const password = { kind: "password", password: PASSWORD, totp: "000000" };
  expect(codeOf(await desk.call(api, signedIn, "me.unlinkProvider", { identityId, proof: password }))).toBe("stepup.failed");
  expect(codeOf(await desk.call(api, signedIn, "me.unlinkProvider", { identityId, proof: proofOf(who, removalDigest(who.personId, identityId)) }))).toBe("ok");
});

test("what was unlinked signs nobody in, and nobody unlinks another's", async () => {
  const { who, session, identityId } = await linked("leaving.it", "leaving");
  const other = await desk.person(api, "meddler", "passkey");
  const otherSession = await desk.signIn(api, other);
  const meddling = { identityId, proof: proofOf(other, removalDigest(other.personId, identityId)) };
  expect(codeOf(await desk.call(api, otherSession, "me.unlinkProvider", meddling))).toBe("policy.denied");
  expect(codeOf(await signInAs("leaving"))).toBe("ok");
  dataOf(await desk.call(api, session, "me.unlinkProvider", { identityId, proof: proofOf(who, removalDigest(who.personId, identityId)) }));
  expect(codeOf(await signInAs("leaving"))).toBe(FAILED);
});

test("recovery ends what was linked, and somebody who is suspended or recovering is refused like anybody, on record and counted", async () => {
  const { who } = await linked("stopped.one", "stopped");
  const { people, attempts } = api.process.people;
  for (const status of ["suspended", "recovering"] as const) {
    await api.database.transaction((tx) => people.setStatus(tx, who.personId, status, Date.now()));
    expect(codeOf(await signInAs("stopped"))).toBe(FAILED);
    await until(async () => (await records("signin")).at(-1)?.["detail"] === `method=provider;why=${status}`);
  }
  for (let more = 0; more < 3; more += 1) await signInAs("stopped");
  await api.database.transaction((tx) => people.setStatus(tx, who.personId, "active", Date.now()));
  expect(codeOf(await signInAs("stopped"))).toBe(FAILED);
  await until(async () => (await records("lockout")).at(-1)?.["detail"]?.startsWith("method=provider") === true);
  // The lock is the provider's alone.
  await until(async () => (await at.owner.run`SELECT 1 FROM people.attempts WHERE method = 'provider' AND locked_until_ms IS NOT NULL`).length === 1);
  expect((await desk.signIn(api, who)).personId).toBe(who.personId);
  await attempts.prune(Date.now() + 1);
  expect(codeOf(await signInAs("stopped"))).toBe("ok");
  await api.database.transaction((tx) => people.removeAuthenticators(tx, who.personId));
  expect(codeOf(await signInAs("stopped"))).toBe(FAILED);
});

const nowS = Math.floor(Date.now() / 1000);
const LIES: readonly (readonly [what: string, lie: Lie])[] = [
  ["for another client", { claims: { aud: "another" } }],
  ["for this client and another, issued to the other", { claims: { aud: ["sallyport", "another"], azp: "another" } }],
  ["of another issuer", { claims: { iss: "https://elsewhere.example" } }],
  ["that has expired", { claims: { iat: nowS - 7200, exp: nowS - 3600 } }],
  ["without an expiry", { claims: { exp: undefined } }],
  ["with another visit's nonce", { claims: { nonce: "another" } }],
  ["without a nonce", { claims: { nonce: undefined } }],
  ["without a subject", { claims: { sub: undefined } }],
  ["of somebody who signed in there an hour ago", { claims: { auth_time: nowS - 3600 } }],
  ["that doesn't say when they signed in there", { claims: { auth_time: undefined } }],
  ["that nobody signed", { alg: "none" }],
  ["that is signed with the client's own secret", { alg: "HS256" }],
  ["that is signed with a key that isn't published", { isForged: true }],
];

test("an id token that isn't wholly right proves nobody, and one that is proves who it names", async () => {
  const who = await desk.person(deceived, "lied.about", "passkey");
  const session = await desk.signIn(deceived, who);
  const url = await beginLink(session, deceived);
  dataOf(await finishLink(who, session, lying.answerTo(url), deceived));
  const come = async (): Promise<string> => {
    const visit = await begin(deceived);
    return codeOf(await finish(lying.answerTo(visit.url), visit.browser, deceived));
  };
  for (const [what, lie] of LIES) {
    lying.lie = lie;
    expect([what, await come()]).toEqual([what, FAILED]);
  }
  lying.lie = {};
  expect(await come()).toBe("ok");
  // This provider takes a code as often as it comes; the state counts once all the same.
  const visit = await begin(deceived);
  const query = lying.answerTo(visit.url);
  expect([codeOf(await finish(query, visit.browser, deceived)), codeOf(await finish(query, visit.browser, deceived))]).toEqual(["ok", FAILED]);
  // And it doesn't care which visit a code was given for; the browser does.
  const [mine, other] = [await begin(deceived), await begin(deceived)];
  expect(codeOf(await finish(lying.answerTo(mine.url), other.browser, deceived))).toBe(FAILED);
});

test("the provider sends the api nowhere else, and an answer without end is none", async () => {
  let asked = 0;
  const trap = createServer((_request, response) => {
    asked += 1;
    response.end("{}");
  });
  const origin = await listenLocally(trap);
  try {
    for (const token of [
      (response: import("node:http").ServerResponse) => void response.writeHead(307, { location: `${origin}/token` }).end(),
      (response: import("node:http").ServerResponse) => void response.writeHead(200, { "content-type": "application/json" }).end(`{"a":"${"x".repeat(300_000)}"}`),
      (response: import("node:http").ServerResponse) => void response.writeHead(500).end(),
    ]) {
      lying.lie = { token };
      const visit = await begin(deceived);
      expect(codeOf(await finish(lying.answerTo(visit.url), visit.browser, deceived))).toBe("service.unavailable");
    }
    expect(asked).toBe(0);
  } finally {
    await closeLocally(trap);
  }
});

test("a provider that is down or silent is unavailable within three seconds, and people sign in otherwise meanwhile", async () => {
  const within = async (ask: () => Promise<Reply>): Promise<void> => {
    const from = performance.now();
    expect(codeOf(await ask())).toBe("service.unavailable");
    expect(performance.now() - from).toBeLessThan(3000);
  };
  const visit = await begin(deceived);
  lying.isSilent = true;
  await within(() => finish(lying.answerTo(visit.url), visit.browser, deceived));
  await using silent = await at.serve({ provider: lying.settings });
  await within(() => desk.step(silent, "sign-in/provider-options"));
  await using nobody = await at.serve({ provider: { ...lying.settings, issuer: "http://localhost:9" } });
  await within(() => desk.step(nobody, "sign-in/provider-options"));
  expect((await desk.signIn(nobody, await desk.person(nobody, "still.here", "passkey"))).personId).toMatch(/^per_/);
  lying.isSilent = false;
  // It is asked again as soon as somebody needs it.
  expect((await begin(silent)).url).toContain(lying.settings.issuer);
});
