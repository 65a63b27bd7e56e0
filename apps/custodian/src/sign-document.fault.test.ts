import { sha256Hex } from "@sallyport/crypto";
import { type DocumentKind, type DocumentRules, strictDocumentRules } from "@sallyport/custody";
import { type LedgerRules, strictLedgerRules } from "@sallyport/custody/credentials";
import { codeOf } from "@sallyport/errors";
import { packetManifest } from "@sallyport/submission/manifest";
import { type Defence, faultTest } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { approveAs, enrolPerson, founders, person, statementOf } from "../test/people.ts";
import { type Running, SHIPPED_PROFILE, start } from "../test/running.ts";

const DOCUMENT = '{"title":"Second","version":2}';
type Over = Parameters<typeof statementOf>[2];

/** A custodian that holds a document's approval against every rule, or all but these. */
const without = (rule: keyof DocumentRules, defence: Defence, rules: LedgerRules = strictLedgerRules): Promise<Running> =>
  start({}, { documentRules: { ...strictDocumentRules, [rule]: defence === "on" }, rules });
const changeOf = (running: Running, by: { readonly id: string }, over: Over = {}): string =>
  statementOf(running, by as Parameters<typeof statementOf>[1], { kind: "policy.change", payload: { digest: sha256Hex(DOCUMENT) }, ...over });
const sign = (running: Running, statement: string | null, kind: DocumentKind = "policy", canonical = DOCUMENT): Promise<string> =>
  running.client.sign({ kind, canonical, statement }, 2000).then(({ notes }) => notes[0] ?? "", codeOf);

test("a document is signed upon an approval of its digest that this custodian verified; again, the same note, also after a restart and the approval's end", async () => {
  const running = await start();
  const [ada, bob] = await founders(running);
  const statement = changeOf(running, ada);
  expect(await sign(running, statement)).toBe("verb.refused");
  await approveAs(running, bob, statement);
  const note = await sign(running, statement);
  expect(note).toContain(`sallyport/policy/v1\n${running.custodian.deployment}\n${sha256Hex(DOCUMENT)}\n`);
  running.clock.advance(86_400_000);
  expect(await sign(await running.restart(), statement)).toBe(note);
});

test("what was signed, and upon which approval, is an event for the trail, once", async () => {
  const running = await start();
  const [ada, bob] = await founders(running);
  const statement = changeOf(running, ada);
  await approveAs(running, bob, statement);
  await sign(running, statement);
  await sign(running, statement);
  const events = (await running.client.status({}, 2000)).events.filter(({ action }) => action === "policy.signed");
  expect(events).toEqual([expect.objectContaining({ resource: `policy/${sha256Hex(DOCUMENT).slice(0, 16)}`, detail: `approval=${sha256Hex(statement)}` })]);
});

test("a shipped profile needs no approval, and any other one does, in words of its own", async () => {
  const running = await start();
  const [ada, bob] = await founders(running);
  const changed = '{"id":"changed"}';
  expect(await sign(running, null, "profile", SHIPPED_PROFILE)).toContain(`sallyport/profile/v1\n${running.custodian.deployment}\n${sha256Hex(SHIPPED_PROFILE)}\n`);
  expect(await sign(running, null, "profile", changed)).toBe("verb.refused");
  expect(await sign(running, null, "policy", SHIPPED_PROFILE)).toBe("verb.refused");
  const statement = changeOf(running, ada, { kind: "profile.change", payload: { digest: sha256Hex(changed) } });
  await approveAs(running, bob, statement);
  expect(await sign(running, statement, "profile", changed)).toContain("sallyport/profile/v1\n");
});

test.each(["", "{}", "sallyport/policy/v1\n"])("what is no statement (%j) has nothing signed", async (statement) => {
  expect(await sign(await start(), statement)).toBe("verb.refused");
});

faultTest("R8", "a document other than the approved one is not signed", async (defence) => {
  const running = await without("digest", defence);
  const [ada, bob] = await founders(running);
  const statement = changeOf(running, ada);
  await approveAs(running, bob, statement);
  expect(await sign(running, statement, "policy", DOCUMENT.replace("Second", "Other"))).toBe("verb.refused");
});

faultTest("R8", "an approval of another kind that names the same digest has no policy signed", async (defence) => {
  const running = await without("kind", defence);
  const [ada, bob] = await founders(running);
  const statement = changeOf(running, ada, { kind: "profile.change" });
  await approveAs(running, bob, statement);
  expect(await sign(running, statement)).toBe("verb.refused");
});

faultTest("R7", "a document that needs two approvals is not signed upon one person's, however often it is given", async (defence) => {
  const running = await without("enough", defence);
  const [ada, bob] = await founders(running);
  const statement = changeOf(running, ada, { needed: 2 });
  await approveAs(running, bob, statement);
  await approveAs(running, bob, statement);
  expect(await sign(running, statement)).toBe("verb.refused");
});

faultTest("R7", "an approval that has expired by the custodian's clock has nothing signed any more", async (defence) => {
  const running = await without("inForce", defence);
  const [ada, bob] = await founders(running);
  const statement = changeOf(running, ada);
  await approveAs(running, bob, statement);
  running.clock.advance(86_400_000);
  expect(await sign(running, statement)).toBe("verb.refused");
});

faultTest("R6", "the requester's own approval is not counted where a document is signed", async (defence) => {
  const running = await without("separation", defence, { ...strictLedgerRules, separation: false });
  const [ada] = await founders(running);
  const statement = changeOf(running, ada);
  await approveAs(running, ada, statement);
  expect(await sign(running, statement)).toBe("verb.refused");
});

faultTest("R8", "an approval by a passkey that the api alone vouches for has no document signed", async (defence) => {
  const running = await without("proven", defence);
  const [ada] = await founders(running);
  const invented = person();
  await enrolPerson(running, invented, { kind: "invitation", approval: null });
  const statement = changeOf(running, ada);
  await approveAs(running, invented, statement);
  expect(await sign(running, statement)).toBe("verb.refused");
});

const MANIFEST = (vkey: string, deployment: string): string =>
  packetManifest({
    deployment,
    packet: `spk_${"0".repeat(26)}`,
    submission: `sbm_${"0".repeat(26)}`,
    study: "PILOT",
    sequence: "0001",
    recipient: { id: `rcp_${"0".repeat(26)}`, name: "An Agency", key: "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p" },
    preparedAt: "2026-01-02T03:04:05.000Z",
    vkey,
    files: [{ path: "0001/index.xml", bytes: 1, sha256: "0".repeat(64), document: null, version: null }],
  });

test("a packet's manifest is signed upon a release of it, to the same JWS each time", async () => {
  const running = await start();
  const [ada, bob] = await founders(running);
  const manifest = MANIFEST((await running.client.status({}, 2000)).checkpointKey.vkey, running.custodian.deployment);
  const statement = statementOf(running, ada, { kind: "egress.release", payload: { digest: sha256Hex(manifest) } });
  expect(await sign(running, statement, "packet", manifest)).toBe("verb.refused");
  expect(await sign(running, null, "packet", manifest)).toBe("verb.refused");
  await approveAs(running, bob, statement);
  const jws = await sign(running, statement, "packet", manifest);
  expect(Buffer.from(jws.split(".")[1] ?? "", "base64url").toString()).toBe(manifest);
  expect(await sign(await running.restart(), statement, "packet", manifest)).toBe(jws);
});

faultTest("S10", "what is no manifest of this deployment's is signed as no packet, whoever approved it", async (defence) => {
  const running = await without("manifest", defence);
  const [ada, bob] = await founders(running);
  const { vkey } = (await running.client.status({}, 2000)).checkpointKey;
  for (const text of [DOCUMENT, MANIFEST(vkey, "danother")]) {
    const statement = statementOf(running, ada, { kind: "egress.release", payload: { digest: sha256Hex(text) } });
    await approveAs(running, bob, statement);
    expect(await sign(running, statement, "packet", text)).toBe("verb.refused");
  }
});
