import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { revocationDigest } from "@sallyport/api";
import type { Tx } from "@sallyport/db";
import { openFoundingLinks } from "@sallyport/custody/credentials";
import { type PacketManifest, verifyPacket } from "@sallyport/submission";
import { packetAt } from "@sallyport/submission/folder";
import { ageKey, openWithAge, stockAge } from "@sallyport/submission/testing";
import { faultTest, pdfOf } from "@sallyport/testkit";
import { Egress } from "@sallyport/app-egress";
import { connect } from "@sallyport/client";
import { portalOf } from "@sallyport/delivery";
import { writeIdentity } from "@sallyport/pki";
import { HttpsPortalServer } from "@sallyport/portal-testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { STUDY } from "./dataset.ts";
import { jtiOf, type Reply } from "./door-client.ts";
import { letInForGood, type Ports } from "./lax-ports.ts";
import { Desk, type Enrolled, type SignedIn } from "./people.ts";
import { identified, letter, type Signer, SigningDesk } from "./signing-desk.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";

const REASON = "because it is due to them";
const age = stockAge();
let at: Deployment;
let api: Api;
let desk: Desk;
let signing: SigningDesk;
let home: string;
let ada: Signer;
let ben: Signer;
let rita: Signer;
let key: { readonly file: string; readonly recipient: string };
let recipientId: string;
/** What the product's own ports are taken by, for one test. */
let lax: (real: Ports) => Partial<Ports> = () => ({});

const withRole = async ({ personId }: Enrolled, ...roles: readonly string[]): Promise<void> => {
  for (const role of roles)
    await at.owner
      .run`INSERT INTO policy.assignments (principal, role, study, site, from_ms) SELECT principal, ${role}, ${STUDY}, '*', 0 FROM people.persons WHERE id = ${personId}`;
};
const as = async (who: Enrolled): Promise<Signer> => ({ who, session: (await desk.signIn(api, who)) satisfies SignedIn });

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "submissions-"));
  at = await deployment();
  api = await at.serve({ ports: (real) => new Proxy(real, { get: (_, name) => ({ ...real, ...lax(real) })[name as keyof Ports] }) });
  desk = await Desk.of(at);
  const [first, second] = openFoundingLinks(at.custodian.store).map(({ secret }) => secret);
  const founders = [
    await desk.enrol(api, first ?? "", { username: "ada", printedName: "Ada" }, "passkey"),
    await desk.enrol(api, second ?? "", { username: "ben", printedName: "Ben" }, "passkey"),
  ] as const;
  signing = new SigningDesk(api, desk);
  await withRole(founders[0], "regulatory_reviewer", "authorized_signer");
  rita = await signing.signer("rita", "passkey", ["regulatory_coordinator", "site_coordinator"], { accepts: false });
  [ada, ben] = [await as(founders[0]), await as(founders[1])];
  await identified(at, ada.who.personId);
  dataOf(await signing.accept(ada));
  key = age === null ? { file: "", recipient: "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p" } : ageKey(age, home);
  const asked = dataOf(await call(ben, "approvals.requestRecipient", { kind: "agency", name: "An Agency", key: key.recipient, reason: REASON })) as { approval: Asked };
  expect(await decide(ada, asked.approval)).toBe("ok");
  [{ recipientId }] = (dataOf(await call(ben, "recipients.list", {})) as { recipients: [{ recipientId: string }] }).recipients;
}, 120_000);
afterEach(() => {
  lax = () => ({});
});
afterAll(async () => {
  desk?.close();
  await api?.close();
  await at?.close();
  rmSync(home, { recursive: true, force: true });
});

interface Asked {
  readonly approvalId: string;
  readonly digest: string;
}
interface Placed {
  readonly path: string;
  readonly documentId: string;
  readonly version: number;
  readonly needsApproval: boolean;
}
interface Shown {
  readonly sequences: readonly {
    readonly sequence: string;
    readonly isOpen: boolean;
    readonly findings: readonly { path: string; finding: string; stops: boolean }[];
    readonly packets: readonly { packetId: string; state: string }[];
  }[];
}
const call = (by: Signer, procedure: string, input: object): Promise<Reply> => signing.call(by, procedure, input);
const decide = async ({ who, session }: Signer, { approvalId, digest }: Asked): Promise<string> =>
  codeOf(
    await desk.call(api, session, "approvals.decide", {
      approvalId,
      digest,
      verdict: "approve",
      reason: REASON,
      proof: { kind: "passkey", response: who.authenticator?.assert(Buffer.from(digest, "hex")) },
    }),
  );
const at0 = (path: string, documentId: string, more: Partial<Placed> = {}): Placed => ({ path, documentId, version: 1, needsApproval: false, ...more });
const shown = async (submissionId: string): Promise<Shown> => dataOf(await call(rita, "submissions.get", { submissionId })) as Shown;

async function begun(files: readonly Placed[]): Promise<string> {
  const { submissionId } = dataOf(await call(rita, "submissions.create", { study: STUDY, title: "A title" })) as { submissionId: string };
  expect(dataOf(await call(rita, "submissions.addSequence", { submissionId }))).toEqual({ sequence: "0000" });
  dataOf(await call(rita, "submissions.assemble", { submissionId, sequence: "0000", files }));
  return submissionId;
}
const prepare = (submissionId: string, to = recipientId): Promise<Reply> => call(rita, "submissions.prepare", { submissionId, sequence: "0000", recipientId: to });
/** What was just signed or decided is found in the trail a moment later. */
async function patiently(ask: () => Promise<Reply>): Promise<Reply> {
  let reply: Reply | undefined;
  await until(async () => codeOf((reply = await ask())) !== "service.busy", 10_000);
  return reply as Reply;
}
async function prepared(submissionId: string, to = recipientId): Promise<{ packetId: string; digest: string }> {
  return dataOf(await patiently(() => prepare(submissionId, to))) as { packetId: string; digest: string };
}
/** The request for a packet's release. */
const asked = async (packetId: string, by = rita): Promise<Asked> =>
  (dataOf(await call(by, "approvals.requestEgress", { packetId, reason: REASON })) as { approval: Asked }).approval;
async function released(files: readonly Placed[]): Promise<string> {
  const { packetId } = await prepared(await begun(files));
  expect(await decide(ada, await asked(packetId))).toBe("ok");
  return packetId;
}
const seal = (packetId: string): Promise<Reply> => patiently(() => call(rita, "submissions.seal", { packetId }));
async function download(packetId: string): Promise<{ sha256: string; length: number; bytes: Buffer }> {
  const pieces: Buffer[] = [];
  let told = { sha256: "", length: 0 };
  for (let from: number | null = 0; from !== null; ) {
    const piece = dataOf(await call(rita, "submissions.download", { packetId, from })) as { content: string; next: number | null; sha256: string; length: number };
    pieces.push(Buffer.from(piece.content, "base64"));
    told = { sha256: piece.sha256, length: piece.length };
    from = piece.next;
  }
  return { ...told, bytes: Buffer.concat(pieces) };
}
/** What is told of a sealing, until its end or so many times. */
async function sealingSeen(packetId: string, most = Number.POSITIVE_INFINITY): Promise<readonly unknown[]> {
  const events: unknown[] = [];
  for await (const line of desk.client(api).watch("submissions.sealing", { packetId }, rita.session.token)) {
    if ("error" in line) throw new Error(JSON.stringify(line));
    if ("event" in line) events.push(line["event"]);
    if (events.length >= most) break;
  }
  return events;
}
const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test("a sequence goes from its documents to a packet, step by step, and each is on record", async () => {
  const [cover, report] = [await signing.brought(rita, letter()), await signing.brought(rita, pdfOf([`(${"long ".repeat(500_000)})`]), { site: null })];
  await signing.sign(ada, report, "approval");
  const submissionId = await begun([at0("m1/us/cover.pdf", cover), at0("m5/53-clin-stud-rep/report.pdf", report, { needsApproval: true })]);
  expect((await shown(submissionId)).sequences).toMatchObject([
    { sequence: "0000", isOpen: true, findings: [{ path: "m1/us/cover.pdf", finding: "unsigned", stops: false }], packets: [] },
  ]);
  const { packetId, digest } = await prepared(submissionId);
  const { manifest: text, state } = dataOf(await call(rita, "submissions.packet", { packetId })) as { manifest: string; state: string };
  const manifest = JSON.parse(text) as PacketManifest;
  expect([state, digestOf(Buffer.from(text)), manifest.recipient.key]).toEqual(["prepared", digest, key.recipient]);
  expect(manifest.files.map(({ path }) => path.replace(/sig_\w+/, "sig"))).toEqual([
    "0000/index-md5.txt",
    "0000/index.xml",
    "0000/m1/us/cover.pdf",
    "0000/m5/53-clin-stud-rep/report.pdf",
    "evidence/sig.receipt.json",
  ]);
  // Nothing before its turn.
  expect(codeOf(await call(rita, "submissions.seal", { packetId }))).toBe("packet.state");
  expect(codeOf(await call(rita, "submissions.submit", { packetId }))).toBe("packet.state");
  expect(codeOf(await call(rita, "submissions.download", { packetId }))).toBe("packet.state");
  const approval = await asked(packetId);
  expect(await decide(rita, approval)).toBe("policy.denied");
  expect(await decide(ada, approval)).toBe("ok");
  expect((await shown(submissionId)).sequences[0]).toMatchObject({ isOpen: false, packets: [{ packetId, state: "released" }] });
  expect(codeOf(await call(rita, "submissions.assemble", { submissionId, sequence: "0000", files: [] }))).toBe("submission.state");
  const of = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(await sealingSeen(packetId, 1)).toEqual([{ kept: null, of }]);
  const sealed = dataOf(await seal(packetId)) as { sha256: string; length: number };
  expect(dataOf(await seal(packetId))).toEqual(sealed);
  // It ends by itself now.
  expect(await sealingSeen(packetId)).toEqual([{ kept: of, of }]);
  expect(codeOf(await call(rita, "submissions.download", { packetId }))).toBe("packet.state");
  // An act of its own, and once.
  expect(codeOf(await call(ada, "submissions.submit", { packetId }))).toBe("policy.denied");
  expect(codeOf(await call(rita, "submissions.submit", { packetId }))).toBe("ok");
  expect(codeOf(await call(rita, "submissions.submit", { packetId }))).toBe("packet.state");
  const { bytes, sha256, length } = await download(packetId);
  expect([digestOf(bytes), bytes.length]).toEqual([sha256, length]);
  expect(sealed).toEqual({ sha256, length });
  const records = await at.records("system");
  for (const step of [`sealed=${sha256}`, `manifest=${digest}`]) expect(records.some(({ detail, decision }) => decision === "allow" && detail?.includes(step) === true)).toBe(true);
}, 120_000);

test.skipIf(age === null)(
  `a recipient opens a packet with the stock age command and verifies it${age === null ? " (skipped: no stock age command)" : ""}`,
  async () => {
    if (age === null) throw new Error("skipped");
    const report = await signing.brought(rita, letter(), { site: null });
    await signing.sign(ada, report, "approval");
    const packetId = await released([at0("m5/53-clin-stud-rep/report.pdf", report, { needsApproval: true })]);
    const { digest } = dataOf(await call(rita, "submissions.packet", { packetId })) as { digest: string };
    dataOf(await seal(packetId));
    dataOf(await call(rita, "submissions.submit", { packetId }));
    const [file, tar] = [join(home, "packet.age"), join(home, "packet.tar")];
    writeFileSync(file, (await download(packetId)).bytes);
    expect(openWithAge(age, key.file, file, tar)).toEqual({ opened: true, said: "" });
    const reader = await packetAt(tar);
    if (reader === null) throw new Error("no packet");
    const { fingerprint } = api.process.watch.status().checkpointKey;
    const verdict = await verifyPacket(reader, { fingerprint, recipient: key.recipient });
    expect([verdict.faults, verdict.whole, verdict.packet?.digest]).toEqual([[], true, digest]);
    expect(verdict.packet?.signatures).toMatchObject([{ path: "0000/m5/53-clin-stud-rep/report.pdf", printedName: "Ada", meaning: "approval", standing: "proven" }]);
  },
  120_000,
);

test("a packet that was submitted goes to its recipient's portal once, in the bytes that were sealed, and its receipt is on record", async () => {
  const portal = await HttpsPortalServer.start();
  const folder = join(home, "egress");
  mkdirSync(folder);
  writeIdentity(folder, at.identity("egress"));
  const file = (name: string): string => join(folder, `${name}.pem`);
  const connection = connect({ api: `https://localhost:${api.port}`, trustDomain: at.trustDomain, key: file("key"), cert: file("cert"), ca: file("ca") });
  const plan = { credentials: [{ kind: "https" as const, name: "gateway", host: portal.host, ...portal.certificate(), ca: portal.ca }] };
  const egress = new Egress({ connection, portalOf: (settings) => portalOf(plan, settings), tell: () => undefined, log: () => undefined });
  const routes = [{ kind: "https", name: "gateway", host: portal.host, port: portal.port, path: portal.path, credential: "gateway" }];
  const { approval } = dataOf(await call(ben, "approvals.requestRoutes", { recipientId, routes, reason: REASON })) as { approval: Asked };
  expect(await decide(ada, approval)).toBe("ok");
  const packetId = await released([at0("m1/a.pdf", await signing.brought(rita, letter()))]);
  const { sha256, length } = dataOf(await seal(packetId)) as { sha256: string; length: number };
  dataOf(await call(rita, "submissions.submit", { packetId }));
  const itemOf = async () => {
    const listed = dataOf(await call(ben, "outbox.list", {})) as {
      items: readonly { packetId: string; state: string; sha256: string }[];
      routes: readonly { routeId: string; settings: never }[];
    };
    return { ...listed, item: listed.items.find((item) => item.packetId === packetId) };
  };
  const { item, routes: known } = await itemOf();
  expect(item).toMatchObject({ state: "sealed", sha256 });
  await egress.look(known.map(({ routeId, settings }) => ({ routeId, settings, health: null })));
  while (await egress.step());
  expect((await itemOf()).item).toMatchObject({ state: "acknowledged" });
  expect([portal.held.get(packetId), portal.arrivals.get(packetId)]).toEqual([{ sha256, length, outcome: "received" }, 1]);
  await connection.close();
  await portal.down();
}, 60_000);

test("what is missing, superseded, misnamed or misplaced in a sequence is shown, and what stops has nothing prepared", async () => {
  const [one, two] = [await signing.brought(rita, letter()), await signing.brought(rita, letter())];
  await signing.brought(rita, letter(), { replaces: two });
  const submissionId = await begun([at0("m1/a.pdf", one, { needsApproval: true }), at0("m1/A.PDF", one), at0("m2/b.xml", two), at0("elsewhere/c.pdf", two)]);
  const found = (await shown(submissionId)).sequences[0]?.findings.map(({ path, finding, stops }) => `${path} ${finding} ${stops}`).sort();
  // In the order of their paths' bytes, so that what collides is the later one.
  expect(found).toEqual(
    [
      "elsewhere/c.pdf module true",
      "elsewhere/c.pdf superseded false",
      "elsewhere/c.pdf unsigned false",
      "m1/A.PDF media true",
      "m1/A.PDF unsigned false",
      "m1/a.pdf colliding true",
      "m1/a.pdf unsigned true",
      "m2/b.xml media true",
      "m2/b.xml superseded false",
      "m2/b.xml unsigned false",
    ].sort(),
  );
  expect(codeOf(await prepare(submissionId))).toBe("submission.incomplete");
  for (const path of ["../up.pdf", "/m1/a.pdf", "m1//a.pdf", "m1/é.pdf"])
    expect([path, codeOf(await call(rita, "submissions.assemble", { submissionId, sequence: "0000", files: [at0(path, one)] }))]).toEqual([path, "input.invalid"]);
  expect(codeOf(await call(rita, "submissions.assemble", { submissionId, sequence: "0000", files: [at0("m1/a.pdf", one), at0("m1/a.pdf", two)] }))).toBe("input.invalid");
  expect(codeOf(await call(rita, "submissions.assemble", { submissionId, sequence: "0007", files: [at0("m1/a.pdf", one)] }))).toBe("submission.state");
});

test("a sequence that was put together otherwise since isn't released, and who holds a role at one site of two sees no submission", async () => {
  const document = await signing.brought(rita, letter());
  const submissionId = await begun([at0("m1/a.pdf", document)]);
  const approval = await asked((await prepared(submissionId)).packetId);
  dataOf(await call(rita, "submissions.assemble", { submissionId, sequence: "0000", files: [at0("m1/b.pdf", document)] }));
  expect(await decide(ada, approval)).toBe("approval.changed");
  const submitter = await signing.signer("other", "passkey", ["regulatory_coordinator"], { site: "701", accepts: false });
  expect(codeOf(await call(submitter, "submissions.get", { submissionId }))).toBe("policy.denied");
  expect(dataOf(await call(submitter, "submissions.list", {}))).toEqual({ submissions: [] });
});

test("a withdrawn recipient gets nothing: nothing is prepared for them, released to them, sealed to them or submitted to them any more", async () => {
  const recipient = { kind: "agency", name: "Another Agency", key: "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa" };
  const registered = dataOf(await call(ben, "approvals.requestRecipient", { ...recipient, reason: REASON })) as { approval: Asked };
  expect(await decide(ada, registered.approval)).toBe("ok");
  const { recipients } = dataOf(await call(ben, "recipients.list", {})) as { recipients: readonly { recipientId: string; key: string }[] };
  const theirs = recipients.find((each) => each.key === recipient.key)?.recipientId;
  const files = [at0("m1/a.pdf", await signing.brought(rita, letter()))];
  const [toBeSealed, toBeReleased] = [await begun(files), await begun(files)];
  const submittable = await prepared(await begun(files), theirs);
  expect(await decide(ada, await asked(submittable.packetId))).toBe("ok");
  dataOf(await seal(submittable.packetId));
  const sealable = await prepared(toBeSealed, theirs);
  expect(await decide(ada, await asked(sealable.packetId))).toBe("ok");
  const releasable = await asked((await prepared(toBeReleased, theirs)).packetId);
  const ended = dataOf(await call(ben, "approvals.requestRecipientEnd", { recipientId: theirs, reason: REASON })) as { approval: Asked };
  expect(await decide(ada, ended.approval)).toBe("ok");
  expect(codeOf(await seal(sealable.packetId))).toBe("recipient.state");
  expect(await decide(ada, releasable)).toBe("recipient.state");
  expect(codeOf(await prepare(await begun(files), theirs))).toBe("recipient.state");
  expect(codeOf(await call(rita, "submissions.submit", { packetId: submittable.packetId }))).toBe("recipient.state");
  expect(await at.owner.run`SELECT 1 FROM egress.outbox_item WHERE packet = ${submittable.packetId}`).toEqual([]);
});

test("a packet of which a signature was revoked once it was sealed isn't submitted, and says which", async () => {
  const document = await signing.brought(rita, letter());
  const { signatureId } = (await signing.sign(ada, document, "approval")) as { signatureId: string };
  const packetId = await released([at0("m1/a.pdf", document, { needsApproval: true })]);
  dataOf(await seal(packetId));
  const digest = revocationDigest(ada.who.personId, signatureId);
  const proof = { kind: "passkey", response: ada.who.authenticator?.assert(Buffer.from(digest, "hex")) };
  expect(codeOf(await call(ada, "signatures.revoke", { documentId: document, signatureId, reason: REASON, proof }))).toBe("ok");
  const reply = await call(rita, "submissions.submit", { packetId });
  expect([codeOf(reply), JSON.stringify(reply)]).toEqual(["submission.incomplete", expect.stringContaining(`evidence/${signatureId}.receipt.json: not in force any more`)]);
  expect(await at.owner.run`SELECT 1 FROM egress.outbox_item WHERE packet = ${packetId}`).toEqual([]);
});

test("a packet with a signature by password leaves as others do: its record is found for who submits it, too", async () => {
  const kim = await signing.signer("kim", "password", ["regulatory_reviewer", "authorized_signer"]);
  const document = await signing.brought(rita, letter());
  await signing.sign(kim, document, "approval");
  const packetId = await released([at0("m1/a.pdf", document, { needsApproval: true })]);
  dataOf(await seal(packetId));
  expect(codeOf(await call(rita, "submissions.submit", { packetId }))).toBe("ok");
});

test("what is the whole study's is asked for and decided at each of its sites: an incident or an ended right at one of them stops its release", async () => {
  const files = [at0("m1/a.pdf", await signing.brought(rita, letter()))];
  const approval = await asked((await prepared(await begun(files))).packetId);
  const quarantined = (chain: string) => (chain === `site:${STUDY}/704` ? { id: "inc_1", chain } : null);
  lax = () => ({ incidentOf: quarantined });
  expect(await decide(ada, approval)).toBe("trail.quarantined");
  lax = () => ({});
  // Somebody with a role at each of the two sites asks, and has it at one of them when it is decided.
  const both = await signing.signer("both", "passkey", ["regulatory_coordinator"], { site: "701", accepts: false });
  const rolesOf = both.who.personId;
  await at.owner.run`
    INSERT INTO policy.assignments (principal, role, study, site, from_ms) SELECT principal, 'regulatory_coordinator', ${STUDY}, '704', 0 FROM people.persons WHERE id = ${rolesOf}`;
  await api.process.policy.refresh();
  const theirs = await asked((await prepared(await begun(files))).packetId, both);
  await at.owner.run`
    UPDATE policy.assignments SET until_ms = 1 WHERE site = '704' AND principal = (SELECT principal FROM people.persons WHERE id = ${rolesOf})`;
  await api.process.policy.refresh();
  expect(await decide(ada, theirs)).toBe("approval.changed");
  // Who may release at one site of two has nothing to decide.
  const half = await signing.signer("half", "passkey", ["regulatory_reviewer"], { site: "701", accepts: false });
  expect(dataOf(await call(half, "approvals.list", { show: "decide" }))).toMatchObject({ items: [], waiting: 0 });
  expect(await decide(half, approval)).toBe("policy.denied");
  expect(dataOf(await call(ada, "approvals.list", { show: "decide" }))).toMatchObject({
    items: expect.arrayContaining([expect.objectContaining({ approvalId: approval.approvalId })]) as unknown,
  });
  expect(await decide(ada, approval)).toBe("ok");
});

test("a packet whose release was archived isn't sealed, and its sealer is told where that record is", async () => {
  const packetId = await released([at0("m1/a.pdf", await signing.brought(rita, letter()))]);
  const [from, to] = [new Date(0).toISOString(), new Date(Date.now() + 60_000).toISOString()];
  const archived = { manifest: "0".repeat(64), from, to, at: to, approval: "apr_1", by: [], note: "", isGone: true };
  const gone = { chain: "system", generation: 1, size: 1, root: "", head: "", endedAtMs: 0, archived };
  lax = (real) => ({ submissions: { ...real.submissions, releaseRecords: () => Promise.resolve([]) }, ended: () => ({ generations: [gone], keptDays: 0 }) });
  expect(codeOf(await call(rita, "submissions.seal", { packetId }))).toBe("trail.archived");
  lax = (real) => ({ submissions: { ...real.submissions, releaseRecords: () => Promise.resolve([]) } });
  expect(codeOf(await call(rita, "submissions.seal", { packetId }))).toBe("service.busy");
  lax = () => ({});
  expect(codeOf(await seal(packetId))).toBe("ok");
});

faultTest("S12", "what could not be put on record isn't in the outbox", async (defence) => {
  const packetId = await released([at0("m1/a.pdf", await signing.brought(rita, letter()))]);
  dataOf(await seal(packetId));
  await at.owner.run`CREATE TABLE IF NOT EXISTS egress.test_outbox (packet text)`;
  await at.owner.run`GRANT INSERT ON egress.test_outbox TO sallyport_api`;
  const own = api.database;
  lax = () => ({
    outbox: {
      enqueue: async (tx: Tx, item) => {
        if (defence === "on") await tx`INSERT INTO egress.test_outbox VALUES (${item.packetId})`;
        else await own.run`INSERT INTO egress.test_outbox VALUES (${item.packetId})`;
      },
    },
  });
  try {
    await at.forbidAppends();
    expect(codeOf(await call(rita, "submissions.submit", { packetId }))).toBe("trail.unavailable");
    expect(await at.owner.run`SELECT 1 FROM egress.test_outbox WHERE packet = ${packetId}`).toHaveLength(0);
    await at.allowAppends();
    await until(async () => codeOf(await call(rita, "submissions.submit", { packetId })) === "ok", 10_000);
    expect(await at.owner.run`SELECT 1 FROM egress.test_outbox WHERE packet = ${packetId}`).toHaveLength(1);
  } finally {
    lax = () => ({});
    await at.allowAppends();
  }
});

faultTest("S12", "bytes that were sealed and not put on record are handed out to nobody, and sealing again leaves one packet", async (defence) => {
  const packetId = await released([at0("m1/a.pdf", await signing.brought(rita, letter()))]);
  const crash = new RangeError("the process is gone");
  lax = (real) => ({
    submissions: { ...real.submissions, seal: () => Promise.reject(crash), abandonSeal: () => Promise.reject(crash) },
    // Without the defence, whatever chunks there are count as sealed.
    ...(defence === "off" && {
      sealedPackets: {
        open: () => Promise.resolve({ length: 1, sha256: "0".repeat(64), recipientId }),
        read: async () => (await at.owner.run<{ bytes: Buffer }>`SELECT bytes FROM egress.sealed_chunk WHERE packet = ${packetId} ORDER BY n LIMIT 1`)[0]?.bytes ?? Buffer.alloc(0),
      },
    }),
  });
  expect(codeOf(await seal(packetId))).toBe("internal");
  const kept = await at.owner.run<{ attempt: string }>`SELECT DISTINCT attempt FROM egress.sealed_chunk WHERE packet = ${packetId}`;
  expect(kept).toHaveLength(1);
  expect(codeOf(await call(rita, "submissions.submit", { packetId }))).toBe("packet.state");
  expect(codeOf(await call(rita, "submissions.download", { packetId }))).toBe("packet.state");
  lax = () => ({});
  // The attempt is still being waited for; then it is over.
  expect(codeOf(await call(rita, "submissions.seal", { packetId }))).toBe("service.busy");
  await at.owner.run`UPDATE egress.sealed_packet SET attempt_at_ms = attempt_at_ms - 121000 WHERE id = ${packetId}`;
  const { sha256, length } = dataOf(await seal(packetId)) as { sha256: string; length: number };
  expect(await at.owner.run`SELECT 1 FROM egress.sealed_chunk WHERE packet = ${packetId} AND attempt = ${kept[0]?.attempt ?? ""}`).toHaveLength(0);
  dataOf(await call(rita, "submissions.submit", { packetId }));
  const { bytes } = await download(packetId);
  expect([digestOf(bytes), bytes.length]).toEqual([sha256, length]);
  expect(
    (await at.records("system")).filter(({ action, decision, detail }) => action === "submission.submit" && decision === "allow" && detail?.includes(packetId) === true),
  ).toHaveLength(1);
});

test("the database takes no step of a packet out of its turn, and changes none", async () => {
  const packetId = await released([at0("m1/a.pdf", await signing.brought(rita, letter()))]);
  const { sha256 } = dataOf(await seal(packetId)) as { sha256: string };
  await expect(at.owner.run`UPDATE egress.sealed_packet SET sha256 = ${"0".repeat(64)} WHERE id = ${packetId}`).rejects.toThrow();
  await expect(at.owner.run`UPDATE egress.sealed_packet SET manifest = '{}' WHERE id = ${packetId}`).rejects.toThrow();
  await expect(at.owner.run`UPDATE egress.sealed_packet SET approval = NULL, signature = NULL, released_at_ms = NULL WHERE id = ${packetId}`).rejects.toThrow();
  await expect(at.owner.run`DELETE FROM egress.sealed_chunk WHERE packet = ${packetId}`).rejects.toThrow();
  await expect(at.owner.run`UPDATE egress.sealed_chunk SET bytes = '\\x00' WHERE packet = ${packetId}`).rejects.toThrow();
  await expect(at.owner.run`DELETE FROM egress.sequence_document`).rejects.toThrow();
  const [row] = await at.owner.run<{ sha256: string }>`SELECT sha256 FROM egress.sealed_packet WHERE id = ${packetId}`;
  expect(row?.sha256).toBe(sha256);
});

/** What a lock of each kind names to stop somebody, or a service, who watches a sealing; and what the same token is answered once it is lifted. */
const STOPS = {
  person: { target: ({ who }: Signer) => ({ kind: "person", personId: who.personId }), afterwards: "session.ended" },
  workload: { target: () => ({ kind: "workload", workload: at.spiffe("reviewer") }), afterwards: "ok" },
  token: { target: ({ session }: Signer) => ({ kind: "token", jti: jtiOf(session.token) }), afterwards: "ok" },
  role: { target: () => ({ kind: "role", role: "regulatory_coordinator" }), afterwards: "ok" },
  site: { target: () => ({ kind: "site", study: STUDY, site: "704" }), afterwards: "ok" },
} as const;
/** Every node knows of a lock within a second, and has ended what is open. */
const STOPPED_MS = 1000;
let watchers = 0;
for (const [kind, { target, afterwards }] of Object.entries(STOPS)) {
  faultTest("R14", `a lock of a ${kind} ends on another node what is open, and what is asked, in its time`, async (defence) => {
    const { packetId } = await prepared(await begun([at0("m1/us/cover.pdf", await signing.brought(rita, letter()))]));
    const someone = await signing.signer(`watcher${(watchers += 1)}`, "passkey", ["regulatory_coordinator"], { accepts: false, isIdentified: false });
    await using node = await at.serve({ ports: defence === "off" ? letInForGood : (real) => real });
    const [client, token] = kind === "workload" ? [node.client("reviewer"), at.forge("reviewer")] : [desk.client(node), someone.session.token];
    const answer = async (): Promise<string> => codeOf(await client.call("submissions.packet", { packetId }, token));
    const lines: Record<string, unknown>[] = [];
    const reading = (async () => {
      for await (const line of client.watch("submissions.sealing", { packetId }, token)) lines.push(line);
    })().catch(() => undefined);
    let lockId = "";
    try {
      expect(await answer()).toBe("ok");
      await until(() => Promise.resolve(lines.some((line) => "event" in line)));
      ({ lockId } = dataOf(await call(ben, "locks.set", { target: target(someone), reason: REASON })) as { lockId: string });
      const isEnded = reading.then(() => true);
      const [isRefusedInTime, isEndedInTime] = await Promise.all([
        until(async () => (await answer()) !== "ok", STOPPED_MS).then(
          () => true,
          () => false,
        ),
        Promise.race([isEnded, new Promise<boolean>((resolve) => setTimeout(() => resolve(false), STOPPED_MS))]),
      ]);
      expect({ isRefusedInTime, isEndedInTime }).toEqual({ isRefusedInTime: true, isEndedInTime: true });
    } finally {
      if (lockId !== "") dataOf(await call(ben, "locks.lift", { lockId, reason: REASON }));
    }
    await until(async () => (await answer()) === afterwards, 3000);
  });
}
