import { randomBytes } from "node:crypto";
import { revocationDigest } from "@sallyport/api";
import { manifestDigest, signatureManifest, type SignatureManifest, verifyReceipt, verifySignature } from "@sallyport/signature";
import type { Tx } from "@sallyport/db";
import type { PeopleStores } from "@sallyport/people";
import { faultTest, pdfOf, zipOf } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { STUDY } from "./dataset.ts";
import { type Ports, principalsAs } from "./lax-ports.ts";
import { Desk } from "./people.ts";
import { letter, type Signer, SigningDesk } from "./signing-desk.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";
import { sha256 } from "./upload-steps.ts";

const REASON = "signed the wrong one";
let at: Deployment;
let api: Api;
let desk: Desk;
let signing: SigningDesk;
let author: Signer;
let approver: Signer;
let paper: Signer;

beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  desk = await Desk.of(at);
  await desk.found(api);
  signing = new SigningDesk(api, desk);
  author = await signing.signer("author", "passkey", ["site_coordinator", "authorized_signer"]);
  approver = await signing.signer("approver", "passkey", ["authorized_signer"]);
  paper = await signing.signer("paper", "password", ["authorized_signer"]);
}, 120_000);
afterAll(async () => {
  desk?.close();
  await api?.close();
  await at?.close();
});
interface Signed {
  readonly signature: Readonly<Record<string, unknown>>;
}
const vkeys = (): readonly string[] => api.process.signingKey().behind;
const texts = async (id: unknown): Promise<{ manifest: string; assertion: string; note: string }> => {
  const [row] = await at.owner.run<{ manifest: string; assertion: string; note: string }>`SELECT manifest, assertion, note FROM phi.signatures WHERE id = ${String(id)}`;
  if (row === undefined) throw new TypeError("no signature");
  return row;
};

test("an author and an approver sign what was shown to each, with their own passkeys, and everybody who reads the document sees it", async () => {
  const bytes = letter();
  const documentId = await signing.brought(author, bytes);
  expect(await signing.view(author, documentId)).toEqual(bytes);
  const first = await signing.sign(author, documentId, "authorship");
  const second = await signing.sign(approver, documentId, "approval");
  expect([first, second]).toMatchObject([
    { state: "valid", meaning: "authorship", method: "passkey", printedName: "Person author", isMine: true },
    { state: "valid", meaning: "approval", printedName: "Person approver" },
  ]);
  const { versions, maySign } = await signing.get(paper, documentId);
  expect(maySign).toBe(true);
  expect(versions).toMatchObject([
    { version: 1, sha256: sha256(bytes), isShown: false, signatures: [{ signatureId: first["signatureId"], isMine: false }, { signatureId: second["signatureId"] }] },
  ]);
  const beside = { document: documentId, version: 1, sha256: sha256(bytes), study: STUDY, site: "701", author: author.who.personId, person: approver.who.personId };
  expect(verifySignature(await texts(second["signatureId"]), { vkeys: vkeys(), beside }).note.origin).toBe("http://localhost:3000");
});

test("what was shown, to whom, and what was signed is on record at the document's site, under the manifest's digest", async () => {
  const documentId = await signing.brought(author, letter());
  const { signatureId, digest } = await signing.sign(approver, documentId, "review");
  const records = (await at.records(`site:${STUDY}/701`)).filter(({ resource }) => resource === documentId);
  expect(records.map(({ action, decision }) => `${action} ${decision}`)).toEqual(["document.read allow", "submission.sign allow", "submission.sign allow"]);
  expect(records[0]?.["detail"]).toMatch(/;version=1;purpose=view;from=0;bytes=\d+$/);
  expect(records[2]?.["detail"]).toContain(`;signature=${String(signatureId)};digest=${String(digest)};version=1;meaning=review;method=passkey`);
  // The custodian's own word comes a moment later.
  const told = async () => (await at.records("system")).filter(({ action, resource }) => action === "signature.verified" && resource === `signature/${String(signatureId)}`);
  await until(async () => (await told()).length === 1, 10_000);
});

test("a document of several pieces is read piece by piece, and may be signed once all of it was shown in this session", async () => {
  const bytes = pdfOf([randomBytes(2_500_000).toString("base64")]);
  const documentId = await signing.brought(author, bytes);
  const input = { documentId, version: 1, purpose: "view" };
  const first = dataOf(await signing.call(approver, "documents.viewSequence", { ...input, from: 0 })) as { next: number; content: string };
  expect([first.next, Buffer.from(first.content, "base64").equals(bytes.subarray(0, 1_048_576))]).toEqual([1_048_576, true]);
  const begin = { documentId, version: 1, sha256: sha256(bytes), meaning: "review" };
  expect(codeOf(await signing.call(approver, "signatures.begin", begin))).toBe("signature.unseen");
  expect(codeOf(await signing.call(approver, "documents.viewSequence", { ...input, from: 5 }))).toBe("input.invalid");
  expect((await signing.view(approver, documentId)).equals(bytes)).toBe(true);
  expect((await signing.get(approver, documentId)).versions).toMatchObject([{ isShown: true }]);
  expect(codeOf(await signing.call(approver, "signatures.begin", begin))).toBe("ok");
  // Another session of the same person has seen nothing.
  const again = { ...approver, session: await desk.signIn(api, approver.who) };
  expect(codeOf(await signing.call(again, "signatures.begin", begin))).toBe("signature.unseen");
});

test.each([
  ["XML", "application/xml", () => Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<ectd><leaf>${randomBytes(8).toString("hex")}</leaf></ectd>\n`)],
  ["an archive", "application/zip", () => zipOf([{ name: "m1/cover.txt", content: randomBytes(40) }])],
] as const)("%s is shown, signed and verified as a PDF is, and as the kind of file that it is", async (_, mediaType, made) => {
  const bytes = made();
  const documentId = await signing.brought(author, bytes);
  expect((await signing.view(approver, documentId)).equals(bytes)).toBe(true);
  // Nobody was shown what can't be shown.
  const read = mediaType === "application/zip" ? "copy" : "shown";
  const begun = await signing.begin(approver, documentId, "approval");
  const shown = await signing.call(approver, "signatures.complete", { documentId, ceremony: begun.ceremony, read: "shown", proof: await signing.proof(approver, begun) });
  expect(codeOf(shown)).toBe(read === "shown" ? "ok" : "input.invalid");
  const { signatureId, manifest } = read === "shown" ? (dataOf(shown) as Signed).signature : await signing.sign(approver, documentId, "approval");
  const [record] = (await at.records(`site:${STUDY}/701`)).filter(({ detail }) => detail?.includes(`;signature=${String(signatureId)};`));
  expect(record?.["detail"]).toMatch(new RegExp(`;method=passkey;read=${read}(;|$)`));
  expect(JSON.parse(String(manifest))).toMatchObject({ mediaType, bytes: bytes.length, sha256: sha256(bytes) });
  const beside = { document: documentId, version: 1, mediaType, bytes: bytes.length, sha256: sha256(bytes) };
  const signed = await texts(signatureId);
  expect(verifySignature(signed, { vkeys: vkeys(), beside }).note.standing).toBeDefined();
  // The same bytes as another kind of file are another document.
  expect(() => verifySignature(signed, { vkeys: vkeys(), beside: { ...beside, mediaType: "application/pdf" } })).toThrow();
});

test("nobody signs before they have taken their signatures to be binding, by the text that they were shown", async () => {
  const newcomer = await signing.signer("newcomer", "passkey", ["authorized_signer"], { accepts: false });
  const documentId = await signing.brought(author, letter());
  expect(dataOf(await signing.call(newcomer, "signatures.statement", {}))).toMatchObject({ acceptedAt: null });
  expect(codeOf(await signing.ask(newcomer, documentId, "review"))).toBe("signature.statement");
  expect(codeOf(await signing.call(newcomer, "signatures.accept", { digest: "0".repeat(64) }))).toBe("signature.statement");
  expect(codeOf(await signing.accept(newcomer))).toBe("ok");
  const { digest, acceptedAt } = dataOf(await signing.call(newcomer, "signatures.statement", {})) as { digest: string; acceptedAt: string };
  expect(Date.parse(acceptedAt)).toBeGreaterThan(0);
  const { manifest } = await signing.sign(newcomer, documentId, "responsibility");
  expect((JSON.parse(String(manifest)) as { accountability: string }).accountability).toBe(digest);
  expect((await at.records("system")).filter(({ resource, detail }) => resource === `person/${newcomer.who.personId}` && detail?.includes(digest)).length).toBe(1);
});

test("nobody signs before somebody else has put on record who they are", async () => {
  const stranger = await signing.signer("stranger", "passkey", ["authorized_signer", "security_admin"], { isIdentified: false, place: "*" });
  const documentId = await signing.brought(author, letter());
  expect(codeOf(await signing.ask(stranger, documentId, "review"))).toBe("signature.identity");
  const input = { personId: stranger.who.personId, how: "document", reason: "passport, seen with its holder" };
  expect(codeOf(await signing.call(stranger, "people.checkIdentity", input))).toBe("policy.separation");
  const admin = await signing.signer("registrar", "passkey", ["security_admin"], { accepts: false, isIdentified: false, place: "*" });
  expect(codeOf(await signing.call(admin, "people.checkIdentity", { ...input, how: "hearsay" }))).toBe("input.invalid");
  expect(dataOf(await signing.call(admin, "people.checkIdentity", input))).toMatchObject({ checkedAt: expect.any(String) as string });
  expect(codeOf(await signing.ask(stranger, documentId, "review"))).toBe("ok");
  const told = (await at.records("system")).filter(({ resource, detail }) => resource === `person/${input.personId}` && detail?.includes("identity=document"));
  expect(told.map(({ decision }) => decision)).toEqual(["allow"]);
  expect(JSON.stringify(told)).not.toContain("passport");
});

test("who signs by password and code is taken at the server's word, and it reads so", async () => {
  const documentId = await signing.brought(author, letter());
  const begun = await signing.begin(paper, documentId, "approval");
  expect(begun.options).toBeNull();
  const done = dataOf(await signing.complete(paper, documentId, begun)) as { signature: object };
  expect(done.signature).toMatchObject({ state: "valid", method: "server-attested", standing: null });
});

test("a signature is revoked and superseded by who gave it, each on record, and what it was stays", async () => {
  const documentId = await signing.brought(author, letter());
  const first = await signing.sign(approver, documentId, "review");
  const second = await signing.sign(approver, documentId, "approval", { supersedes: String(first["signatureId"]) });
  expect(codeOf(await signing.ask(approver, documentId, "review", { supersedes: String(first["signatureId"]) }))).toBe("signature.state");
  expect(codeOf(await signing.ask(author, documentId, "review", { supersedes: String(second["signatureId"]) }))).toBe("signature.state");
  const revoke = async (signer: Signer, signatureId: unknown) =>
    signing.call(signer, "signatures.revoke", {
      documentId,
      signatureId,
      reason: REASON,
      proof: await signing.proof(signer, { options: null, digest: revocationDigest(signer.who.personId, String(signatureId)) }),
    });
  expect(codeOf(await revoke(author, second["signatureId"]))).toBe("policy.denied");
  expect(codeOf(await revoke(approver, first["signatureId"]))).toBe("signature.state");
  expect(dataOf(await revoke(approver, second["signatureId"]))).toMatchObject({ signature: { state: "revoked" }, evidence: [{ chain: `site:${STUDY}/701` }] });
  expect(codeOf(await revoke(approver, second["signatureId"]))).toBe("signature.state");
  const { versions } = await signing.get(author, documentId);
  expect(versions[0]?.signatures).toMatchObject([
    { signatureId: first["signatureId"], state: "superseded", supersededBy: second["signatureId"] },
    { signatureId: second["signatureId"], state: "revoked", supersedes: first["signatureId"] },
  ]);
  // What was revoked verifies still: that it was given is a fact.
  expect(verifySignature(await texts(second["signatureId"]), { vkeys: vkeys() }).manifest.meaning).toBe("approval");
});

test("a signature whose answer was lost is answered again under its key, with the checkpoint that covers it, and is one", async () => {
  const documentId = await signing.brought(author, letter());
  const begun = await signing.begin(approver, documentId, "review");
  const [input, key] = [{ documentId, ceremony: begun.ceremony, read: "shown", proof: await signing.proof(approver, begun) }, "k".repeat(20)];
  const first = dataOf(await signing.call(approver, "signatures.complete", input, key)) as { signature: unknown; evidence: readonly { chain: string; size: number }[] };
  const again = dataOf(await signing.call(approver, "signatures.complete", input, key)) as typeof first;
  expect(again.signature).toEqual(first.signature);
  expect(first.evidence).toMatchObject([{ chain: `site:${STUDY}/701` }]);
  expect((await signing.get(approver, documentId)).versions[0]?.signatures.length).toBe(1);
});

test("whoever reads a document takes a signature's receipt away, which verifies without us; a signature that doesn't hold has none", async () => {
  const documentId = await signing.brought(author, letter());
  const receiptOf = async (signatureId: unknown) => signing.call(author, "signatures.receipt", { documentId, signatureId });
  for (const signer of [approver, paper]) {
    const { signatureId, digest } = await signing.sign(signer, documentId, "approval");
    // The record is found a moment after it was committed.
    await until(async () => codeOf(await receiptOf(signatureId)) === "ok", 10_000);
    const { receipt, fingerprint, fileName } = dataOf(await receiptOf(signatureId)) as { receipt: string; fingerprint: string; fileName: string };
    expect(fileName).toBe(`${String(signatureId)}.receipt.json`);
    const verdict = verifyReceipt(receipt, { fingerprint });
    expect(verdict).toMatchObject({ whole: true, pinned: true, chain: `site:${STUDY}/701`, signature: { standing: signer === paper ? null : "attested" } });
    expect(manifestDigest(JSON.stringify(verdict.signature?.manifest))).toBe(digest);
  }
  expect(codeOf(await receiptOf(`sig_${"0".repeat(26)}`))).toBe("policy.denied");
  const { signatureId } = await signing.sign(approver, documentId, "review");
  await at.owner.run`ALTER TABLE phi.signatures DISABLE TRIGGER append_only`;
  await at.owner.run`UPDATE phi.signatures SET meaning = 'approval' WHERE id = ${String(signatureId)}`;
  await at.owner.run`ALTER TABLE phi.signatures ENABLE ALWAYS TRIGGER append_only`;
  expect(codeOf(await receiptOf(signatureId))).toBe("signature.invalid");
});

test("an incident of its site's chain stops reading and signing a document, and what is known of it is still told", async () => {
  const documentId = await signing.brought(author, letter());
  const begun = await signing.begin(approver, documentId, "review");
  const chain = `site:${STUDY}/701`;
  await using asked = await at.serve({ ports: (real) => ({ ...real, incidentOf: (of) => (of === chain ? { id: `inc_${"0".repeat(26)}`, chain } : null) }) });
  const there = new SigningDesk(asked, desk);
  expect(codeOf(await there.call(approver, "documents.viewSequence", { documentId, version: 1, from: 0, purpose: "view" }))).toBe("trail.quarantined");
  expect(codeOf(await there.complete(approver, documentId, begun))).toBe("trail.quarantined");
  expect((await there.get(approver, documentId)).versions).toMatchObject([{ isShown: true, signatures: [] }]);
});

test("a new version has no signature, and the earlier one keeps its own", async () => {
  const documentId = await signing.brought(author, letter());
  await signing.sign(approver, documentId, "approval");
  await signing.brought(author, letter(), { replaces: documentId });
  expect((await signing.get(approver, documentId)).versions).toMatchObject([
    { version: 2, signatures: [] },
    { version: 1, signatures: [{ state: "valid" }] },
  ]);
});

test("the schema takes no signature that the code wouldn't make, and changes none", async () => {
  const documentId = await signing.brought(author, letter());
  const { signatureId } = await signing.sign(author, documentId, "authorship");
  const [row] = await at.owner.run<Record<string, unknown>>`SELECT * FROM phi.signatures WHERE id = ${String(signatureId)}`;
  const put = (over: Record<string, unknown>) => {
    const { id, document, version, person, principal, meaning, method, manifest, digest, assertion, note } = { ...row, ...over } as Record<string, string>;
    return at.owner.run`
      INSERT INTO phi.signatures (id, document, version, person, principal, meaning, method, manifest, digest, assertion, note, request, at_ms)
      VALUES (${id ?? ""}, ${document ?? ""}, ${Number(version)}, ${person ?? ""}, ${principal ?? ""}, ${meaning ?? ""}, ${method ?? ""}, ${manifest ?? ""}, ${digest ?? ""}, ${assertion ?? null},
              ${note ?? null}, 'r', 1)`.then(
      () => "taken",
      () => "refused",
    );
  };
  const fresh = { id: `sig_${"0".repeat(26)}`, digest: "1".repeat(64) };
  const [other] = await at.owner.run<{ principal: string }>`SELECT principal FROM people.persons WHERE id = ${approver.who.personId}`;
  expect(await put({ ...fresh, meaning: "approval" })).toBe("refused");
  expect(await put({ ...fresh, principal: other?.principal ?? "", meaning: "review" })).toBe("refused");
  expect(await put({ ...fresh, meaning: "review", note: null })).toBe("refused");
  expect(await put({ ...fresh, digest: row?.["digest"] as string, meaning: "review" })).toBe("refused");
  await expect(at.owner.run`UPDATE phi.signatures SET meaning = 'approval'`).rejects.toThrow();
  await expect(at.owner.run`DELETE FROM phi.signatures`).rejects.toThrow();
  await expect(at.owner.run`TRUNCATE phi.signatures CASCADE`).rejects.toThrow();
  await expect(at.owner.run`DELETE FROM phi.document_views`).rejects.toThrow();
});

test("a signature that was moved or rewritten in the database is shown as broken, with what doesn't hold", async () => {
  const [documentId, other] = [await signing.brought(author, letter()), await signing.brought(author, letter())];
  const moved = await signing.sign(approver, documentId, "review");
  const rewritten = await signing.sign(approver, documentId, "responsibility");
  await signing.sign(paper, documentId, "review");
  await at.owner.run`ALTER TABLE phi.signatures DISABLE TRIGGER append_only`;
  await at.owner.run`UPDATE phi.signatures SET document = ${other} WHERE id = ${String(moved["signatureId"])}`;
  await at.owner.run`UPDATE phi.signatures SET meaning = 'approval' WHERE id = ${String(rewritten["signatureId"])}`;
  await at.owner.run`UPDATE phi.signatures SET manifest = replace(manifest, 'Person paper', 'Person piper') WHERE document = ${documentId} AND method = 'server-attested'`;
  const stripped = await signing.brought(author, letter());
  const bare = await signing.sign(approver, stripped, "review");
  await at.owner.run`ALTER TABLE phi.signatures DROP CONSTRAINT signatures_check`;
  await at.owner.run`UPDATE phi.signatures SET assertion = NULL, note = NULL WHERE id = ${String(bare["signatureId"])}`;
  await at.owner.run`ALTER TABLE phi.signatures ENABLE ALWAYS TRIGGER append_only`;
  const stateOf = async (id: string) => (await signing.get(author, id)).versions[0]?.signatures.map(({ state, why }) => `${String(state)} ${String(why)}`);
  expect(await stateOf(other)).toEqual(["broken other document"]);
  expect(await stateOf(documentId)).toEqual(["broken other meaning", "broken manifest"]);
  expect(await stateOf(stripped)).toEqual(["broken assertion"]);
  expect(api.events.filter((line) => line.includes("signature.broken")).length).toBe(4);
  // Security is told of each, once for what doesn't hold, however often it is looked at.
  await stateOf(stripped);
  const told = (await at.owner.run<{ about: string; facts: string; chain: string }>`SELECT about, facts, chain FROM audit.alerts WHERE kind = 'signature.broken'`).map(
    ({ about, facts, chain }) => ({ about, chain, ...(JSON.parse(facts) as { document: string; why: string }) }),
  );
  expect(told.length).toBe(4);
  expect(told).toContainEqual({ about: `signature/${String(bare["signatureId"])}`, chain: `site:${STUDY}/701`, document: stripped, version: 1, why: "assertion" });
});

test("the server's word holds beside the trail's record of it alone: rewritten with its digest, or of another request, it never reads as valid and has no receipt", async () => {
  const documentId = await signing.brought(author, letter());
  const { signatureId } = await signing.sign(paper, documentId, "review");
  const other = await signing.brought(author, letter());
  const { signatureId: elsewhere } = await signing.sign(paper, other, "review");
  const get = async () => (await signing.get(author, documentId)).versions[0]?.signatures[0];
  const receipt = async () => codeOf(await signing.call(author, "signatures.receipt", { documentId, signatureId }));
  expect(await get()).toMatchObject({ state: "valid", printedName: "Person paper" });
  expect(await receipt()).toBe("ok");
  const [row] = await at.owner.run<{ manifest: string; request: string }>`SELECT manifest, request FROM phi.signatures WHERE id = ${String(signatureId)}`;
  const [whole, request] = [row?.manifest ?? "", row?.request ?? ""];
  const put = async (manifest: string, by = request): Promise<void> => {
    await at.owner.run`ALTER TABLE phi.signatures DISABLE TRIGGER append_only`;
    await at.owner.run`UPDATE phi.signatures SET manifest = ${manifest}, digest = ${manifestDigest(manifest)}, request = ${by} WHERE id = ${String(signatureId)}`;
    await at.owner.run`ALTER TABLE phi.signatures ENABLE ALWAYS TRIGGER append_only`;
  };
  const said = JSON.parse(whole) as SignatureManifest;
  // What no column of ours says again, and so nothing but the record holds.
  const forged: Partial<SignatureManifest> = {
    printedName: "Person piper",
    author: approver.who.personId,
    accountability: "0".repeat(64),
    nonce: "A".repeat(22),
    preparedAt: "2026-01-01T00:00:00.000Z",
  };
  for (const [name, value] of Object.entries(forged)) {
    await put(signatureManifest({ ...said, [name]: value }));
    expect([name, await get()]).toMatchObject([name, { state: "broken", why: "record" }]);
    expect([name, await receipt()]).toEqual([name, "signature.invalid"]);
  }
  const [foreign] = await at.owner.run<{ request: string }>`SELECT request FROM phi.signatures WHERE id = ${String(elsewhere)}`;
  await put(whole, foreign?.request);
  expect(await get()).toMatchObject({ state: "broken", why: "record" });
  await put(whole, "no request of ours");
  expect(await get()).toMatchObject({ state: "unproven", why: null });
  expect(await receipt()).not.toBe("ok");
  await put(whole);
  expect(await get()).toMatchObject({ state: "valid" });
});

const REFUSED = { kind: "password", password: "a wrong password", totp: "000000" };

faultTest("S1", "a wrong password, a wrong code, or a proof of another kind than was asked for signs nothing, and is on record", async (defence) => {
  const unproven: Ports = (real) => ({ ...real, stepUp: { ...real.stepUp, sign: () => Promise.resolve({ proof: "server-attested", note: null }) } });
  await using asked = await at.serve(defence === "off" ? { ports: unproven } : {});
  const there = new SigningDesk(asked, desk);
  const who = await there.signer(`s1-${defence}`, "password", ["authorized_signer"]);
  const documentId = await there.brought(author, letter());
  const right = async () => (await there.proof(who, { options: null, digest: "" })) as typeof REFUSED;
  for (const proof of [REFUSED, { ...(await right()), totp: "000000" }, { ...(await right()), password: "a wrong password" }]) {
    const { ceremony } = await there.begin(who, documentId, "review");
    expect(codeOf(await there.call(who, "signatures.complete", { documentId, ceremony, read: "shown", proof }))).toBe("stepup.failed");
  }
  const { ceremony } = await there.begin(who, documentId, "review");
  expect(codeOf(await there.call(who, "signatures.complete", { documentId, ceremony, read: "shown", proof: { kind: "passkey", response: "{}" } }))).toBe("input.invalid");
  const failed = (await at.records("system")).filter(({ action, resource, decision }) => action === "submission.sign" && resource === documentId && decision === "deny");
  expect(failed.length).toBe(4);
  // Security is told at once, and no more than once an hour.
  const told = await at.owner.run<{ about: string; facts: string }>`SELECT about, facts FROM audit.alerts WHERE kind = 'signature.refused' AND about = ${`document/${documentId}`}`;
  expect(told.map(({ facts }) => JSON.parse(facts) as object)).toMatchObject([{ person: who.who.personId, act: "review", method: "server-attested" }]);
  expect((await there.get(who, documentId)).versions[0]?.signatures).toEqual([]);
});

faultTest("S2", "five failures over signing in and signing together lock the method, and security is told", async (defence) => {
  const open = (real: PeopleStores<Tx>): PeopleStores<Tx> => ({ ...real, attempts: { ...real.attempts, claim: () => Promise.resolve({ isOpen: true, locks: false }) } });
  await using asked = await at.serve(defence === "off" ? { stores: open } : {});
  const there = new SigningDesk(asked, desk);
  const who = await there.signer(`s2-${defence}`, "password", ["authorized_signer"]);
  const documentId = await there.brought(author, letter());
  for (let n = 0; n < 2; n += 1) await desk.step(asked, "sign-in/password", { username: who.who.username, password: "a wrong password", totp: "000000" });
  const attempt = async (proof: object): Promise<string> => {
    const { ceremony } = await there.begin(who, documentId, "review");
    return codeOf(await there.call(who, "signatures.complete", { documentId, ceremony, read: "shown", proof }));
  };
  for (let n = 0; n < 3; n += 1) expect(await attempt(REFUSED)).toBe("stepup.failed");
  expect(await attempt(await there.proof(who, { options: null, digest: "" }))).toBe("signin.locked");
  const lockouts = async () => (await at.records("system")).filter(({ action, resource }) => action === "lockout" && resource === `person/${who.who.personId}`);
  await until(async () => (await lockouts()).length === 1, 10_000);
});

faultTest("S4", "a meaning that is missing or isn't one of the four is refused before anything is made of it", async (defence) => {
  const documentId = await signing.brought(author, letter());
  const bytes = await signing.view(approver, documentId);
  for (const meaning of [defence === "on" ? "I agree" : "review", undefined, ""])
    expect(codeOf(await signing.call(approver, "signatures.begin", { documentId, version: 1, sha256: sha256(bytes), meaning }))).toBe("input.invalid");
});

faultTest("S5", "a document that got another version since it was shown is signed by nobody, at either step", async (defence) => {
  const firstAlone: Ports = (real) => ({
    ...real,
    documents: { ...real.documents, versions: async (...of) => (await real.documents.versions(...of)).filter(({ version }) => version === 1) },
  });
  await using asked = await at.serve(defence === "off" ? { ports: firstAlone } : {});
  const there = new SigningDesk(asked, desk);
  const documentId = await there.brought(author, letter());
  const begun = await there.begin(approver, documentId, "review");
  await there.brought(author, letter(), { replaces: documentId });
  const late = await there.complete(approver, documentId, begun);
  expect([late.status, codeOf(late)]).toEqual([409, "signature.changed"]);
  expect(codeOf(await there.ask(approver, documentId, "review"))).toBe("signature.changed");
});

faultTest("S7", "who has no right to sign, or not at this site, signs nothing", async (defence) => {
  const everywhere = principalsAs((principal) => ({ ...principal, assignments: [{ role: "authorized_signer", study: "*", site: "*", fromMs: 0, untilMs: null }] }));
  await using asked = await at.serve(defence === "off" ? { ports: everywhere } : {});
  const there = new SigningDesk(asked, desk);
  const documentId = await signing.brought(author, letter());
  const input = { documentId, version: 1, sha256: "0".repeat(64), meaning: "review" };
  const reader = await there.signer(`reader-${defence}`, "passkey", ["clinical_reviewer"], { accepts: false });
  const elsewhere = await there.signer(`elsewhere-${defence}`, "passkey", ["authorized_signer"], { site: "704" });
  for (const who of [reader, elsewhere]) {
    const refused = await there.call(who, "signatures.begin", input);
    expect([refused.status, codeOf(refused)]).toEqual([403, "policy.denied"]);
  }
});

faultTest("S7", "whoever brought a version in, or signed that they wrote it, doesn't approve it, by person", async (defence) => {
  const nobodys: Ports = (real) => ({
    ...real,
    packets: {
      ...real.packets,
      placeOf: async (id) => {
        const place = await real.packets.placeOf(id);
        return place === null ? null : { ...place, ingestedByPerson: "somebody" };
      },
    },
    signatures: { ...real.signatures, of: () => Promise.resolve([]) },
  });
  await using asked = await at.serve(defence === "off" ? { ports: nobodys } : {});
  const there = new SigningDesk(asked, desk);
  const documentId = await signing.brought(author, letter());
  const own = await there.ask(author, documentId, "approval");
  expect([own.status, codeOf(own)]).toEqual([403, "policy.separation"]);
  await there.sign(approver, documentId, "authorship");
  expect(codeOf(await there.ask(approver, documentId, "approval"))).toBe("policy.separation");
});

faultTest("S8", "what was to be signed is used up by one attempt, is another session's to nobody, and ends after five minutes", async (defence) => {
  let [session, nowMs] = ["", Date.now()];
  const lax = (real: PeopleStores<Tx>): PeopleStores<Tx> => ({
    ...real,
    ceremonies: {
      ...real.ceremonies,
      take: async (id, purpose) => {
        const kept = await real.ceremonies.read(id, purpose, 0);
        return kept === null ? null : { ...kept, binding: session };
      },
    },
  });
  await using asked = await at.serve({ now: () => nowMs, ...(defence === "off" && { stores: lax }) });
  const there = new SigningDesk(asked, desk);
  const who = await there.signer(`s8-${defence}`, "password", ["authorized_signer"]);
  session = who.session.sessionId;
  const documentId = await there.brought(author, letter());
  const used = await there.begin(who, documentId, "review");
  expect(codeOf(await there.complete(who, documentId, used))).toBe("ok");
  expect(codeOf(await there.complete(who, documentId, used))).toBe("signature.challenge");
  const others = await there.begin(who, documentId, "review");
  expect(codeOf(await there.complete(paper, documentId, others))).toBe("signature.challenge");
  expect(codeOf(await there.complete(who, await there.brought(author, letter()), await there.begin(who, documentId, "review")))).toBe("signature.challenge");
  const late = await there.begin(who, documentId, "review");
  nowMs += 300_000;
  await Promise.all([asked.process.policy.refresh(), asked.process.profiles.refresh(), asked.process.sessions.refresh()]);
  expect(codeOf(await there.complete(who, documentId, late))).toBe("signature.challenge");
});
