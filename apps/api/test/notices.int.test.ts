import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { addressDigest, revocationDigest } from "@sallyport/api";
import { assertFails, type Defence } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { STUDY } from "./dataset.ts";
import type { Ports } from "./lax-ports.ts";
import type { Reply } from "./door-client.ts";
import { Desk } from "./people.ts";
import { letter, type Signer, SigningDesk } from "./signing-desk.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";

const REASON = "because it has to be so";
let at: Deployment;
let api: Api;
let desk: Desk;
let signing: SigningDesk;
let author: Signer;
let signer: Signer;
let ada: Signer;
let ben: Signer;

/** A mail server's address where nobody answers. */
async function nowhere(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
const mail = async () => ({
  name: "post",
  host: "localhost",
  port: await nowhere(),
  tls: "none" as const,
  from: "sallyport@site.example",
  to: ["duty@site.example"],
  people: true,
});

beforeAll(async () => {
  at = await deployment();
  api = await at.serve({ alerts: { webhooks: [], mail: [await mail()] } });
  desk = await Desk.of(at);
  await desk.found(api);
  signing = new SigningDesk(api, desk);
  author = await signing.signer("author", "passkey", ["site_coordinator"], { accepts: false });
  signer = await signing.signer("signer", "passkey", ["authorized_signer"]);
  [ada, ben] = [await admin("ada"), await admin("ben")];
}, 120_000);
afterAll(async () => {
  desk?.close();
  await api?.close();
  await at?.close();
});

const admin = (name: string): Promise<Signer> => signing.signer(name, "passkey", ["security_admin"], { place: "*", accepts: false });
const over = ({ who }: Signer, digest: string): object => ({ kind: "passkey", response: who.authenticator?.assert(Buffer.from(digest, "hex")) ?? "" });
async function tellAt(who: Signer, address: string | null, said = address): Promise<Reply> {
  const stamp = new Date().toISOString();
  return signing.call(who, "me.setMyAddress", { address, at: stamp, proof: over(who, addressDigest(who.who.personId, said, stamp)) });
}
interface Told {
  readonly kind: string;
  readonly about: string;
  readonly chain: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly to: string;
}
/** What people were to be told since they were looked at last, by address. */
async function told(address: string): Promise<readonly Told[]> {
  const rows = await at.owner.run<Omit<Told, "facts"> & { facts: string }>`
    SELECT a.kind, a.about, a.chain, a.facts, d.route AS to FROM audit.alerts a JOIN audit.alert_deliveries d ON d.alert = a.id WHERE d.address = ${address} ORDER BY a.raised_at_ms, a.id`;
  return rows.map((row) => ({ ...row, facts: JSON.parse(row.facts) as Told["facts"] }));
}
const suspension = async (who: Signer, personId: string) =>
  (dataOf(await signing.call(who, "approvals.requestSuspend", { personId, reason: REASON })) as { approval: { approvalId: string; digest: string } }).approval;

test("an address is set by its person's own proof over it, and a change is told to the address before and to the new one", async () => {
  expect(codeOf(await tellAt(author, "author@site.example", "elsewhere@site.example"))).toBe("stepup.failed");
  dataOf(await tellAt(author, "author@site.example"));
  expect(dataOf(await signing.call(author, "me.overview", {}))).toMatchObject({ noticeAddress: "author@site.example", tellsPeople: true });
  dataOf(await tellAt(author, "author@elsewhere.example"));
  dataOf(await tellAt(author, "author@elsewhere.example"));
  dataOf(await tellAt(author, null));
  const kinds = async (address: string) => (await told(address)).map(({ kind, facts }) => `${kind}: ${facts["address"] ?? ""}`);
  expect(await kinds("author@site.example")).toEqual(["address.changed: this is it from now on", "address.changed: this was it"]);
  expect(await kinds("author@elsewhere.example")).toEqual(["address.changed: this is it from now on", "address.changed: this was it"]);
  expect(dataOf(await signing.call(author, "me.overview", {}))).toMatchObject({ noticeAddress: null });
  for (const address of ["no address", "a@b\r\nBcc: c@d", "Somebody <a@site.example>"]) expect(codeOf(await tellAt(author, address))).toBe("input.invalid");
  expect((await at.records("system")).concat(await at.records(`site:${STUDY}/701`)).some(({ detail }) => String(detail).includes("@site.example"))).toBe(false);
});

test("a security administrator sets somebody else's, with a reason, and never their own", async () => {
  const set = (personId: string, address: string | null) => signing.call(ada, "people.setAddress", { personId, address, reason: REASON });
  expect(codeOf(await set(ada.who.personId, "ada@site.example"))).toBe("policy.separation");
  dataOf(await set(author.who.personId, "author@site.example"));
  expect((await told("author@site.example")).at(-1)).toMatchObject({ kind: "address.changed", facts: { by: ada.who.personId, person: author.who.personId } });
  expect(codeOf(await signing.call(author, "people.setAddress", { personId: signer.who.personId, address: null, reason: REASON }))).toBe("policy.denied");
  dataOf(await set(author.who.personId, null));
});

test("who signed is told what, by what and when, and that nobody can be reached holds nothing up", async () => {
  dataOf(await tellAt(signer, "signer@site.example"));
  const documentId = await signing.brought(author, letter());
  const signature = await signing.sign(signer, documentId, "review");
  dataOf(await revoked(documentId, String(signature["signatureId"])));
  const [, made, ended] = await told("signer@site.example");
  expect(made).toMatchObject({
    kind: "signature.made",
    about: `signature/${String(signature["signatureId"])}`,
    chain: `site:${STUDY}/701`,
    to: `per.${signer.who.personId.slice(4)}`,
    facts: { person: signer.who.personId, act: "review", method: "passkey", document: documentId, version: 1, digest: String(signature["digest"]).slice(0, 16) },
  });
  expect(ended).toMatchObject({ kind: "proof.used", about: made?.about, facts: { act: "revoke a signature", method: "passkey" } });
  const attempted = () => at.owner.run`SELECT 1 FROM audit.alert_deliveries WHERE address = 'signer@site.example' AND failure = 'service.unavailable' AND state = 'waiting'`;
  await until(async () => (await attempted()).length === 3, 20_000);
});

function revoked(documentId: string, signatureId: string): Promise<Reply> {
  return signing.call(signer, "signatures.revoke", { documentId, signatureId, reason: REASON, proof: over(signer, revocationDigest(signer.who.personId, signatureId)) });
}

test("those who may decide on a request are told that it waits; who asked and whom it is about aren't; and who decided is told that they did", async () => {
  dataOf(await tellAt(ada, "ada@site.example"));
  dataOf(await tellAt(ben, "ben@site.example"));
  const dan = await admin("dan");
  dataOf(await tellAt(dan, "dan@site.example"));
  const { approvalId, digest } = await suspension(ada, dan.who.personId);
  const waiting = { kind: "approval.requested", about: `approval/${approvalId}`, facts: { act: "person.suspend", person: ada.who.personId, needed: 1 } };
  expect((await told("ben@site.example")).at(-1)).toMatchObject(waiting);
  for (const address of ["ada@site.example", "dan@site.example", "signer@site.example"]) expect((await told(address)).map(({ about }) => about)).not.toContain(waiting.about);
  dataOf(await signing.call(ben, "approvals.decide", { approvalId, digest, verdict: "approve", reason: REASON, proof: over(ben, digest) }));
  expect((await told("ben@site.example")).at(-1)).toMatchObject({
    kind: "approval.decided",
    about: `approval/${approvalId}`,
    facts: { person: ben.who.personId, act: "approve person.suspend", method: "passkey", digest: digest.slice(0, 16), asked_by: ada.who.personId },
  });
});

/** Nothing that was done hides behind something else. `off`: notices of a kind are raised once. */
async function eachOfTwo(defence: Defence): Promise<void> {
  const byRequest: Ports = (real) => ({
    ...real,
    alerts: { ...real.alerts, tellsPeople: true, raise: (tx, alert) => real.alerts.raise(tx, { ...alert, key: `${alert.kind}:the-same` }) },
  });
  await using asked = await at.serve({ alerts: { webhooks: [], mail: [await mail()] }, ...(defence === "off" && { ports: byRequest }) });
  const there = new SigningDesk(asked, desk);
  const who = await there.signer(`twice-${defence}`, "passkey", ["authorized_signer"]);
  await at.owner.run`INSERT INTO people.notice_addresses (person, address, set_by, at_ms) VALUES (${who.who.personId}, ${`${defence}@site.example`}, ${who.who.personId}, 1)`;
  for (let n = 0; n < 2; n += 1) await there.sign(who, await there.brought(author, letter()), "review");
  expect((await told(`${defence}@site.example`)).map(({ kind }) => kind)).toEqual(["signature.made", "signature.made"]);
}
test("each signature is told, however many there are", () => eachOfTwo("on"));
test("each signature is told, however many there are — fails with its defence off", () => assertFails(() => eachOfTwo("off")));

test("a review that is overdue is told once to who opened it", async () => {
  const reason = "chg_notices";
  const id = `arv_${"0".repeat(26)}`;
  await at.owner.run`INSERT INTO audit.changes (id, request_id, sealed, commitment) VALUES (${reason}, '-', '-', '-')`;
  await at.owner.run`
    INSERT INTO policy.access_reviews (id, study, site, role, opened_by, reason, opened_at_ms, due_at_ms, lines, digest)
    VALUES (${id}, '*', '*', '*', ${ada.who.personId}, ${reason}, 1, 2, 1, ${"0".repeat(64)})`;
  await using _other = await at.serve({ alerts: { webhooks: [], mail: [await mail()] } });
  const overdue = async () => (await told("ada@site.example")).filter(({ kind }) => kind === "review.overdue");
  await until(async () => (await overdue()).length > 0, 10_000);
  expect(await overdue()).toMatchObject([{ about: `review/${id}`, facts: { due: new Date(2).toISOString() } }]);
});
