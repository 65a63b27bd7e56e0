import { afterEach, beforeEach, expect, test } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processId } from "@sallyport/zones";
import { testDeployment, type TestDeployment } from "./testing/deployment.ts";
import { type Arrived, listen, type Listener, ok, type Reply, token, wire } from "./testing/listener.ts";
import { hasCode, isDenial, SallyportClientError } from "./client-error.ts";
import { connect, type Connection, connectWith } from "./connect.ts";
import type { Pace } from "./retry.ts";

const PACKET = { packetId: "pkt_00000000000000000000000000", reason: "reviewed and complete" };
const REVEAL = { subjectId: "sub_00000000000000000000000000", field: "DM.SEX", purpose: "monitoring", reason: "source data check" } as const;
const RELEASE = "/trpc/packets.release";
const REVEALED = "/trpc/subjects.reveal";

/** Real time without the waits. */
const impatient: Pace = { now: () => performance.now(), random: () => 0, sleep: async () => undefined };

let deployment: TestDeployment;
const opened: (Listener | Connection)[] = [];

beforeEach(() => {
  deployment = testDeployment();
});
afterEach(async () => {
  for (const one of opened.splice(0)) await ("stop" in one ? one.stop() : one.close());
  deployment.remove();
});

async function serve(reply: (request: Arrived, n: number) => Reply, identity = deployment.apiIdentity()): Promise<Listener> {
  const listener = await listen(identity, (request, n) => (request.path === "/token" ? token() : reply(request, n)));
  opened.push(listener);
  deployment.pointAt(listener.port);
  return listener;
}

function open(pace: Pace = impatient): Connection {
  const connection = connectWith({ profile: deployment.profile }, pace);
  opened.push(connection);
  return connection;
}

const failureOf = async (call: Promise<unknown>): Promise<SallyportClientError> => {
  const error: unknown = await call.then(
    () => "no failure",
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(SallyportClientError);
  return error as SallyportClientError;
};

test("a call is one POST with a bearer token, its input as JSON and an idempotency key of its own", async () => {
  const listener = await serve(() => ok({ state: "released" }));
  const { api } = open();
  await api.packets.release.mutate(PACKET);
  await api.packets.release.mutate(PACKET);
  const [first, second] = listener.to(RELEASE);
  expect(first).toMatchObject({ method: "POST", authorization: expect.stringMatching(/^Bearer token-\d+$/), body: JSON.stringify(PACKET) });
  expect(first?.key).toMatch(/^[0-9a-f-]{36}$/);
  expect(second?.key).not.toBe(first?.key);
  expect(listener.to("/token")).toHaveLength(1);
});

test("a query carries no idempotency key", async () => {
  const listener = await serve(() => ok({ studies: [] }));
  await open().api.studies.list.query({});
  expect(listener.to("/trpc/studies.list")[0]?.key).toBeUndefined();
});

test("a caller's own idempotency key is sent, and one out of bounds is refused before anything is sent", async () => {
  const listener = await serve(() => ok({}));
  const { api } = open();
  await api.packets.release.mutate(PACKET, { context: { idempotencyKey: "release-0123456789" } });
  expect(listener.to(RELEASE)[0]?.key).toBe("release-0123456789");
  await expect(api.packets.release.mutate(PACKET, { context: { idempotencyKey: "short" } })).rejects.toThrow(/16 to 64/);
  expect(listener.to(RELEASE)).toHaveLength(1);
});

test("a denial is an error with the code, the pillar and the request id, and is not sent again", async () => {
  const listener = await serve(() => wire(403, "policy.denied"));
  const failure = await failureOf(open().api.packets.release.mutate(PACKET));
  expect(failure).toMatchObject({ code: "policy.denied", pillar: "policy", requestId: "req_1", status: 403, name: "SallyportClientError" });
  expect(isDenial(failure)).toBe(true);
  expect(hasCode(failure, "policy.denied")).toBe(true);
  expect(hasCode(failure, "policy.separation")).toBe(false);
  expect(listener.to(RELEASE)).toHaveLength(1);
});

test("a refused input names the places and is no denial", async () => {
  await serve(() => wire(400, "packet.invalid", { where: ["DM row 3 AGE"] }));
  const failure = await failureOf(open().api.packets.upload.mutate({ study: "S1", content: "{}" }));
  expect(failure).toMatchObject({ code: "packet.invalid", where: ["DM row 3 AGE"] });
  expect(isDenial(failure)).toBe(false);
});

test("a code that this version doesn't know keeps the meaning of its status", async () => {
  await serve(() => wire(403, "policy.moon_phase"));
  const failure = await failureOf(open().api.studies.list.query({}));
  expect(failure).toMatchObject({ code: "policy.denied", status: 403 });
});

test("a 503 is sent again with the same key until it succeeds", async () => {
  const listener = await serve((_, n) => (n < 3 ? wire(503, "trail.unavailable") : ok({ state: "released" })));
  await expect(open().api.packets.release.mutate(PACKET)).resolves.toEqual({ state: "released" });
  const keys = listener.to(RELEASE).map(({ key }) => key);
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
});

test("a reset is sent again with the same key, four times at most, and then the outcome is unknown", async () => {
  const listener = await serve(() => "reset");
  const failure = await failureOf(open().api.packets.release.mutate(PACKET));
  expect(failure.code).toBe("connection.lost");
  const keys = listener.to(RELEASE).map(({ key }) => key);
  expect(keys).toHaveLength(4);
  expect(new Set(keys).size).toBe(1);
  expect(failure.idempotencyKey).toBe(keys[0]);
});

test.each([
  [500, "internal"],
  [429, "service.limited"],
  [409, "input.idempotency_reused"],
  [413, "input.too_large"],
] as const)("a %i is never sent again", async (status, code) => {
  const listener = await serve(() => wire(status, code));
  expect((await failureOf(open().api.packets.release.mutate(PACKET))).code).toBe(code);
  expect(listener.to(RELEASE)).toHaveLength(1);
});

test.each(["token.time", "token.key", "token.binding"] as const)("a %s brings one new token and one more send", async (code) => {
  const listener = await serve((_, n) => (n === 1 ? wire(401, code) : ok({ state: "released" })));
  await open().api.packets.release.mutate(PACKET);
  const [first, second] = listener.to(RELEASE);
  expect(listener.to("/token")).toHaveLength(2);
  expect(second?.authorization).not.toBe(first?.authorization);
  expect(second?.key).toBe(first?.key);
});

test("a token that is refused again ends the call", async () => {
  const listener = await serve(() => wire(401, "token.key"));
  expect((await failureOf(open().api.packets.release.mutate(PACKET))).code).toBe("token.key");
  expect(listener.to(RELEASE)).toHaveLength(2);
});

test("a revoked token is not asked for again", async () => {
  const listener = await serve(() => wire(401, "token.revoked"));
  expect((await failureOf(open().api.packets.release.mutate(PACKET))).code).toBe("token.revoked");
  expect(listener.to(RELEASE)).toHaveLength(1);
});

test.each([
  ["a reset", "reset", "connection.lost"],
  ["a 503", wire(503, "trail.unavailable"), "trail.unavailable"],
  ["a stale token", wire(401, "token.key"), "token.key"],
] as const)("a reveal is sent once: not again after %s", async (_, reply, code) => {
  const listener = await serve(() => reply);
  expect((await failureOf(open().api.subjects.reveal.mutate(REVEAL))).code).toBe(code);
  expect(listener.to(REVEALED)).toHaveLength(1);
});

test("the call after a refused token begins with a new one, also where the refused call was a reveal", async () => {
  const listener = await serve((_, n) => (n === 1 ? wire(401, "token.key") : ok({})));
  const { api } = open();
  await failureOf(api.subjects.reveal.mutate(REVEAL));
  await api.subjects.reveal.mutate(REVEAL);
  expect(listener.to("/token")).toHaveLength(2);
});

test("a reveal never travels on a kept connection, which the api might be closing", async () => {
  const listener = await serve(() => ok({}));
  const { api } = open();
  await api.subjects.reveal.mutate(REVEAL);
  await api.subjects.reveal.mutate(REVEAL);
  await api.studies.list.query({});
  const ports = listener.to(REVEALED).map(({ port }) => port);
  expect(new Set(ports).size).toBe(2);
  expect(ports).not.toContain(listener.to("/trpc/studies.list")[0]?.port);
});

test("a reveal is sent again where nobody listened, since nothing was sent", async () => {
  const listener = await serve(() => ok({ value: "F" }));
  const { port } = listener;
  await listener.stop();
  opened.splice(opened.indexOf(listener), 1);
  let waits = 0;
  const restarts: Pace = {
    ...impatient,
    sleep: async () => {
      waits += 1;
      if (waits === 2) opened.push(await listen(deployment.apiIdentity(), (request) => (request.path === "/token" ? token() : ok({ value: "F" })), port));
    },
  };
  await expect(open(restarts).api.subjects.reveal.mutate(REVEAL)).resolves.toEqual({ value: "F" });
  expect(waits).toBe(2);
});

test("an api that isn't there is unreachable, and nothing was sent", async () => {
  const listener = await serve(() => ok({}));
  await listener.stop();
  const failure = await failureOf(open().api.studies.list.query({}));
  expect(failure).toMatchObject({ code: "connection.refused", status: 503, requestId: "" });
});

test("callers that need a token at the same time share one request", async () => {
  const listener = await serve(() => ok({ studies: [] }));
  const { api } = open();
  await Promise.all(Array.from({ length: 20 }, () => api.studies.list.query({})));
  expect(listener.to("/token")).toHaveLength(1);
});

test("a 503 of the token route is waited out, for a reveal too, since the reveal wasn't sent", async () => {
  const listener = await listen(deployment.apiIdentity(), (request, n) =>
    request.path === "/token" ? (n === 1 ? wire(503, "service.unavailable") : token()) : ok({ value: "F" }),
  );
  opened.push(listener);
  deployment.pointAt(listener.port);
  await open().api.subjects.reveal.mutate(REVEAL);
  expect(listener.to("/token")).toHaveLength(2);
  expect(listener.to(REVEALED)).toHaveLength(1);
});

test("a server of our authority that isn't the api gets no request", async () => {
  const listener = await serve(() => ok({}), deployment.issue(processId(deployment.trustDomain, "console"), ["localhost"]));
  const failure = await failureOf(open().api.studies.list.query({}));
  expect(failure.code).toBe("connection.untrusted");
  expect(isDenial(failure)).toBe(true);
  expect(listener.arrived).toHaveLength(0);
});

test("a server of another authority gets no request", async () => {
  const other = testDeployment(deployment.trustDomain);
  const listener = await serve(() => ok({}), other.apiIdentity());
  expect((await failureOf(open().api.studies.list.query({}))).code).toBe("connection.untrusted");
  expect(listener.arrived).toHaveLength(0);
  other.remove();
});

test("a certificate of another authority reaches no route, and the failure says to look at the certificate", async () => {
  const other = testDeployment(deployment.trustDomain);
  const listener = await listen(other.apiIdentity(), () => ok({}));
  opened.push(listener);
  deployment.pointAt(listener.port);
  const identity = deployment.issue(`spiffe://${deployment.trustDomain}/service/engineer`, []);
  writeFileSync(join(deployment.profile, "ca.pem"), other.apiIdentity().caPem);
  writeFileSync(join(deployment.profile, "key.pem"), identity.keyPem);
  writeFileSync(join(deployment.profile, "cert.pem"), identity.certPem);
  const failure = await failureOf(open().api.studies.list.query({}));
  expect(["connection.rejected", "connection.refused"]).toContain(failure.code);
  expect(failure.remedy).toMatch(/certificate/);
  expect(listener.arrived).toHaveLength(0);
  other.remove();
});

test("a renewed certificate is used from the next look on, with a token of its own", async () => {
  const listener = await serve(() => ok({ studies: [] }));
  let clockMs = 0;
  const { api } = open({ ...impatient, now: () => clockMs });
  await api.studies.list.query({});
  deployment.renew();
  clockMs += 2_000;
  await api.studies.list.query({});
  const [before, after] = listener.to("/trpc/studies.list");
  expect(after?.serial).not.toBe(before?.serial);
  expect(after?.authorization).not.toBe(before?.authorization);
});

test("a certificate that was renewed just before a call is picked up when its token is refused", async () => {
  const listener = await serve((_, n) => (n === 1 ? wire(401, "token.binding") : ok({})));
  const { api } = open({ ...impatient, now: () => 0 });
  deployment.renew();
  await api.packets.release.mutate(PACKET);
  const [first, second] = listener.to(RELEASE);
  expect(second?.serial).not.toBe(first?.serial);
});

test("half a renewal leaves the old certificate in use", async () => {
  const listener = await serve(() => ok({ studies: [] }));
  let clockMs = 0;
  const { api } = open({ ...impatient, now: () => clockMs });
  await api.studies.list.query({});
  writeFileSync(join(deployment.profile, "key.pem"), foreignKey());
  clockMs += 2_000;
  await api.studies.list.query({});
  const [before, after] = listener.to("/trpc/studies.list");
  expect(after?.serial).toBe(before?.serial);
});

test("an expired certificate is refused before anything is sent", async () => {
  const listener = await serve(() => ok({}));
  deployment.renew(1);
  const { api } = open();
  await sleep(1_100);
  const failure = await failureOf(api.studies.list.query({}));
  expect(failure.code).toBe("workload.revoked");
  expect(listener.arrived).toHaveLength(0);
});

test("a key that others can read is refused by its name", async () => {
  await serve(() => ok({}));
  const key = join(deployment.profile, "key.pem");
  chmodSync(key, 0o640);
  expect(() => connect({ profile: deployment.profile })).toThrow(expect.objectContaining({ code: "secret.exposed", where: [key] }));
});

test("a folder that is no profile is refused by the file that is missing", () => {
  expect(() => connect({ profile: join(deployment.profile, "nobody") })).toThrow(
    expect.objectContaining({ code: "setting.invalid", where: [join(deployment.profile, "nobody", "profile.json")] }),
  );
});

test("an address without TLS is refused", () => {
  const paths = { key: "k", cert: "c", ca: "a", trustDomain: deployment.trustDomain };
  expect(() => connect({ ...paths, api: "http://localhost:1" })).toThrow(expect.objectContaining({ code: "setting.invalid" }));
});

test("the deadline ends a call that gets no answer, and its outcome is unknown", async () => {
  const listener = await serve(() => "silence");
  const failure = await failureOf(open().api.packets.release.mutate(PACKET, { context: { deadlineMs: 300 } }));
  expect(failure.code).toBe("connection.lost");
  expect(listener.to(RELEASE)).toHaveLength(1);
});

test("a caller that gives up gets its own reason", async () => {
  await serve(() => "silence");
  const stop = new AbortController();
  const call = open().api.studies.list.query({}, { signal: stop.signal });
  setTimeout(() => stop.abort(new Error("enough")), 100);
  await expect(call).rejects.toThrow(/enough|abort/i);
});

test("health needs no token", async () => {
  const listener = await serve(() => ({ status: 503, json: { status: "unavailable", pillars: {} } }));
  await expect(open().health()).resolves.toMatchObject({ status: "unavailable" });
  expect(listener.arrived.map(({ path }) => path)).toEqual(["/health"]);
});

test("a procedure that this client doesn't know is sent once, with a key", async () => {
  const listener = await serve(() => wire(503, "service.busy"));
  await failureOf(open().call("moon.land", {}));
  expect(listener.to("/trpc/moon.land")).toHaveLength(1);
  expect(listener.to("/trpc/moon.land")[0]?.key).toBeDefined();
});

function foreignKey(): string {
  const { keyPem } = deployment.issue(processId(deployment.trustDomain, "console"), []);
  return keyPem;
}
