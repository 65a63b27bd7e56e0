import { createRequest, enrolmentProof, type Identity, makeServiceCode, readServiceCode, renewalProof, type ServiceCode } from "@sallyport/pki";
import { serviceId } from "@sallyport/zones";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DoorClient, type Reply } from "./door-client.ts";
import { bodyOf, Desk, type Enrolled, type SignedIn } from "./people.ts";
import { STUDY } from "./dataset.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";

const REASON = "because it has to be so";
/** Whether the deployment's own chain is under an incident. */
let isUnderIncident = false;
let at: Deployment;
let api: Api;
let desk: Desk;
let ada: { readonly who: Enrolled; readonly session: SignedIn };
let ben: SignedIn;

beforeAll(async () => {
  at = await deployment();
  api = await at.serve({ ports: (real) => ({ ...real, incidentOf: (chain) => (isUnderIncident && chain === "system" ? { id: "inc_1", chain } : null) }) });
  desk = await Desk.of(at);
  const [first, second] = await desk.found(api);
  ada = { who: first, session: await desk.signIn(api, first) };
  ben = await desk.signIn(api, second);
});
afterAll(async () => {
  desk?.close();
  await api?.close();
  await at?.close();
});

interface Asked {
  readonly approvalId: string;
  readonly digest: string;
}
const call = (by: SignedIn, procedure: string, input: object): Promise<Reply> => desk.call(api, by, procedure, { ...input, reason: REASON });
const approve = async ({ approvalId, digest }: Asked): Promise<string> => {
  const { challenge } = dataOf(await desk.call(api, ada.session, "approvals.get", { approvalId })) as { challenge: string };
  const proof = { kind: "passkey", response: ada.who.authenticator?.get(challenge) };
  return codeOf(await desk.call(api, ada.session, "approvals.decide", { approvalId, digest, verdict: "approve", reason: REASON, proof }));
};
/** Asks for a service, and has it approved unless told otherwise. */
const wanted = async (service: string, { isAgain = false, isApproved = true } = {}): Promise<{ code: ServiceCode; asked: Asked }> => {
  const made = makeServiceCode(service);
  const { approval: asked } = dataOf(await call(ben, "approvals.requestService", { service, title: `About ${service}`, codeKey: made.codeKey, isAgain })) as { approval: Asked };
  if (isApproved) expect(await approve(asked)).toBe("ok");
  return { code: readServiceCode(made.code) as ServiceCode, asked };
};
interface Answer {
  readonly state: string;
  readonly certificate: string;
  readonly authorities: string;
}
const enrolWith = (code: ServiceCode, csr: string, over: object = {}): Promise<Reply> =>
  desk.step(api, "enrol-service", { service: code.service, codeKey: code.codeKey, csr, proof: enrolmentProof(code, csr), ...over });
/** Enrols by a code that is approved, as soon as this node knows of the approval. */
async function enrolled(code: ServiceCode): Promise<Identity> {
  const { csrPem, keyPem } = createRequest();
  let answer: Answer | undefined;
  await until(async () => (answer = bodyOf(await enrolWith(code, csrPem)) as Answer).state === "issued", 3000);
  return { keyPem, certPem: answer?.certificate ?? "", caPem: answer?.authorities ?? "" };
}
const door = (identity: Identity): DoorClient => new DoorClient(api.port, at.trustDomain, identity);
/** How a call as a service ends; a certificate that was revoked is refused by the handshake where the connection is a new one. */
const endOf = (reply: Promise<Reply>): Promise<string> => reply.then(codeOf, () => "workload.revoked");
const tokenOf = async (client: DoorClient): Promise<string> => (bodyOf(await client.send({ path: "/token", body: "{}" })) as { token: string }).token;
const renew = (client: DoorClient, { keyPem, certPem }: Identity, service: string, csr: string): Promise<Reply> =>
  client.send({ path: "/renew", body: JSON.stringify({ csr, certificate: certPem, proof: renewalProof(keyPem, serviceId(at.trustDomain, service), csr) }) });
interface Listed {
  readonly service: string;
  readonly status: string;
  readonly principal: string;
  readonly certificate: { readonly serial: string } | null;
  readonly assignments: readonly { readonly until: string | null }[];
}
const listed = async (service: string): Promise<Listed | undefined> =>
  (dataOf(await desk.call(api, ben, "workloads.list", {})) as { workloads: Listed[] }).workloads.find((each) => each.service === service);
const recordsOf = async (action: string): Promise<readonly Readonly<Record<string, string>>[]> => (await at.records("system")).filter((record) => record["action"] === action);

test("a service is asked for by one administrator, approved by another's passkey, enrols by its code, is given a role, and crosses", async () => {
  const { code, asked } = await wanted("site-sync", { isApproved: false });
  const { csrPem } = createRequest();
  expect(bodyOf(await enrolWith(code, csrPem))).toEqual({ state: "waiting" });
  expect(await approve(asked)).toBe("ok");
  const identity = await enrolled(code);
  expect(await listed("site-sync")).toMatchObject({ principal: "svc_site_sync", status: "active", assignments: [], created: { title: "About site-sync" } });
  const client = door(identity);
  expect(codeOf(await client.send({ path: "/token", body: "{}" }))).toBe("policy.denied");
  expect(codeOf(await call(ben, "assignments.assign", { principal: "svc_site_sync", role: "data_steward", study: STUDY, site: "701" }))).toBe("ok");
  await until(async () => (await client.send({ path: "/token", body: "{}" })).status === 200, 2000);
  expect(codeOf(await client.call("packets.list", {}, await tokenOf(client)))).toBe("ok");
  const [record] = await recordsOf("service.enrol");
  expect(record).toMatchObject({
    principal: "svc_site_sync",
    resource: "workload/site-sync",
    decision: "allow",
    detail: expect.stringMatching(/^approval=apr_\w+;issued=[0-9a-f]+$/),
  });
  client.close();
});

test("a code that was approved waits while the deployment's own chain is under an incident", async () => {
  const { code } = await wanted("site-waits");
  isUnderIncident = true;
  try {
    expect(codeOf(await enrolWith(code, createRequest().csrPem))).toBe("trail.quarantined");
  } finally {
    isUnderIncident = false;
  }
  await enrolled(code);
});

test("before its end a service renews with its present key, and with no other certificate or key", async () => {
  const { code } = await wanted("renewer");
  const identity = await enrolled(code);
  const other = at.identity("reviewer");
  const client = door(identity);
  const { csrPem, keyPem } = createRequest();
  expect(codeOf(await renew(client, { ...identity, keyPem: other.keyPem }, "renewer", csrPem))).toBe("workload.request");
  expect(codeOf(await renew(client, other, "reviewer", csrPem))).toBe("workload.request");
  expect(codeOf(await renew(desk.client(api), desk.identities.console, "renewer", csrPem))).toBe("workload.not_allowed");
  const { certificate } = bodyOf(await renew(client, identity, "renewer", csrPem)) as Answer;
  const next = door({ keyPem, certPem: certificate, caPem: identity.caPem });
  expect(codeOf(await next.send({ path: "/token", body: "{}" }))).toBe("policy.denied");
  for (const each of [client, next]) each.close();
});

test("a service that is stopped renews nothing, and does again once it isn't", async () => {
  const { code } = await wanted("stopped");
  const identity = await enrolled(code);
  const client = door(identity);
  const { csrPem } = createRequest();
  const { lockId } = dataOf(await call(ben, "locks.set", { target: { kind: "workload", workload: serviceId(at.trustDomain, "stopped") } })) as { lockId: string };
  await api.process.policy.refresh();
  expect(codeOf(await renew(client, identity, "stopped", csrPem))).toBe("token.revoked");
  expect((await listed("stopped"))?.status).toBe("suspended");
  expect(codeOf(await call(ben, "locks.lift", { lockId }))).toBe("ok");
  await api.process.policy.refresh();
  expect((await renew(client, identity, "stopped", csrPem)).status).toBe(200);
  client.close();
});

test("every other code is refused in the same bytes, and a request that isn't plain in its own", async () => {
  const { code } = await wanted("guarded");
  const { csrPem } = createRequest();
  const open = await wanted("another", { isApproved: false });
  expect(codeOf(await call(ben, "approvals.withdraw", { approvalId: open.asked.approvalId }))).toBe("ok");
  await enrolled(code);
  const unknown = readServiceCode(makeServiceCode("guarded").code) as ServiceCode;
  const refusals = [
    await enrolWith(unknown, csrPem),
    await enrolWith(code, csrPem),
    await enrolWith(open.code, csrPem),
    await enrolWith(code, csrPem, { service: "another" }),
    await enrolWith(code, csrPem, { proof: enrolmentProof(unknown, csrPem) }),
    await enrolWith(code, csrPem, { proof: enrolmentProof(code, createRequest().csrPem) }),
  ];
  const plain = refusals.map(({ text }) => text.replace(/req_\w+/, "req"));
  expect(new Set(plain).size).toBe(1);
  expect(refusals.map(codeOf)).toEqual(refusals.map(() => "workload.code"));
  expect(codeOf(await enrolWith(code, `${csrPem}${csrPem}`))).toBe("workload.request");
  expect(codeOf(await desk.step(api, "enrol-service", { service: "guarded", codeKey: code.codeKey, csr: csrPem, proof: enrolmentProof(code, csrPem) }, "terminal"))).toBe(
    "workload.not_allowed",
  );
});

test("guesses of one name run dry", async () => {
  await using slow = await at.serve({ sessionRates: { perPeer: { perSecond: 1000, burst: 1000 }, perName: { perSecond: 0.001, burst: 3 } } });
  const unknown = readServiceCode(makeServiceCode("flooded").code) as ServiceCode;
  const { csrPem } = createRequest();
  const input = { service: "flooded", codeKey: unknown.codeKey, csr: csrPem, proof: enrolmentProof(unknown, csrPem) };
  const codes: string[] = [];
  for (let n = 0; n < 5; n++) codes.push(codeOf(await desk.step(slow, "enrol-service", input)));
  expect(codes).toEqual(["workload.code", "workload.code", "workload.code", "service.limited", "service.limited"]);
});

test("a service that enrols anew leaves nothing behind: its earlier certificate is refused within two seconds", async () => {
  const { code } = await wanted("twice");
  const first = door(await enrolled(code));
  expect(codeOf(await first.send({ path: "/token", body: "{}" }))).toBe("policy.denied");
  const { code: next } = await wanted("twice", { isAgain: true });
  const second = door(await enrolled(next));
  await until(async () => (await endOf(first.send({ path: "/token", body: "{}" }))) === "workload.revoked", 3000);
  expect(codeOf(await second.send({ path: "/token", body: "{}" }))).toBe("policy.denied");
  for (const each of [first, second]) each.close();
});

test("a name is given once: not to a second service, not to one of the first start, and never again after its end", async () => {
  await wanted("once-only");
  const ask = async (service: string, isAgain: boolean): Promise<string> =>
    codeOf(await call(ben, "approvals.requestService", { service, title: "A title", codeKey: makeServiceCode("x-y").codeKey, isAgain }));
  expect(await ask("once-only", false)).toBe("workload.taken");
  expect(await ask("reviewer", false)).toBe("workload.taken");
  expect(await ask("reviewer", true)).toBe("workload.taken");
  expect(await ask("never-was", true)).toBe("policy.denied");
  expect(await ask("terminal", false)).toBe("input.invalid");
  expect(codeOf(await call(ben, "workloads.offboard", { service: "once-only" }))).toBe("ok");
  for (const isAgain of [false, true]) expect(await ask("once-only", isAgain)).toBe("workload.state");
});

test("offboarding ends certificates, tokens, assignments, codes and open requests at once, for good", async () => {
  const { code } = await wanted("leaver");
  const identity = await enrolled(code);
  const client = door(identity);
  expect(codeOf(await call(ben, "assignments.assign", { principal: "svc_leaver", role: "data_steward", study: STUDY, site: "701" }))).toBe("ok");
  await until(async () => (await client.send({ path: "/token", body: "{}" })).status === 200, 2000);
  const token = await tokenOf(client);
  expect(codeOf(await client.call("packets.list", {}, token))).toBe("ok");
  const pending = await wanted("leaver", { isAgain: true, isApproved: false });
  const given = dataOf(await call(ben, "approvals.requestAssignment", { principal: "svc_leaver", role: "key_custodian", study: "*", site: "*" })) as { approval: Asked };
  expect(codeOf(await call(ben, "workloads.offboard", { service: "leaver" }))).toBe("ok");
  const ms = await until(async () => (await endOf(client.call("packets.list", {}, token))) !== "ok", 2000);
  expect(ms).toBeLessThan(1000);
  await until(async () => (await endOf(client.send({ path: "/token", body: "{}" }))) === "workload.revoked", 3000);
  const { assignments, ...left } = (await listed("leaver")) as Listed;
  expect([left.status, assignments.map(({ until: end }) => end !== null)]).toEqual(["left", [true]]);
  for (const { approvalId } of [pending.asked, given.approval]) expect(dataOf(await desk.call(api, ben, "approvals.get", { approvalId }))).toMatchObject({ state: "withdrawn" });
  expect(codeOf(await enrolWith(pending.code, createRequest().csrPem))).toBe("workload.code");
  expect(codeOf(await call(ben, "assignments.assign", { principal: "svc_leaver", role: "data_steward", study: STUDY, site: "701" }))).not.toBe("ok");
  expect(codeOf(await call(ben, "workloads.offboard", { service: "leaver" }))).toBe("workload.state");
  await expect(at.owner.run`UPDATE policy.principals SET status = 'active' WHERE id = 'svc_leaver'`).rejects.toMatchObject({ code: "policy.denied" });
  client.close();
});

test("a service that holds what two people give is offboarded by two", async () => {
  await wanted("mighty");
  const given = dataOf(await call(ben, "approvals.requestAssignment", { principal: "svc_mighty", role: "key_custodian", study: "*", site: "*" })) as { approval: Asked };
  expect(await approve(given.approval)).toBe("ok");
  await until(async () => ((await listed("mighty")) as Listed & { needsApproval: boolean }).needsApproval, 2000);
  expect(codeOf(await call(ben, "workloads.offboard", { service: "mighty" }))).toBe("approval.required");
  const { approval } = dataOf(await call(ben, "approvals.requestServiceOffboard", { service: "mighty" })) as { approval: Asked };
  expect((await listed("mighty"))?.status).toBe("active");
  expect(await approve(approval)).toBe("ok");
  expect((await listed("mighty"))?.status).toBe("left");
});

test("where the custodian doesn't revoke it, nothing of a service is ended", async () => {
  await wanted("kept");
  await using failing = await at.serve({ ports: (real) => ({ ...real, revokeService: () => Promise.reject(new Error("away")) }) });
  expect((await desk.call(failing, ben, "workloads.offboard", { service: "kept", reason: REASON })).status).toBeGreaterThanOrEqual(500);
  expect((await listed("kept"))?.status).toBe("active");
});
