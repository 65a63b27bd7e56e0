import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { sha256 } from "@sallyport/crypto";
import { type ServiceRules, strictLedgerRules, strictServiceRules } from "@sallyport/custody/credentials";
import { codeOf } from "@sallyport/errors";
import { createRequest, enrolmentProof, makeServiceCode, peerIdentity, readRevocationList, readServiceCode, renewalProof, type ServiceCode } from "@sallyport/pki";
import { type Defence, faultTest } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { approveAs, enrolPerson, founders, person, statementOf } from "../test/people.ts";
import { enrol, type Running, start } from "../test/running.ts";

const SERVICE = "site-sync";
const HOUR_MS = 3_600_000;
type Over = Parameters<typeof statementOf>[2];

/** A custodian that holds services to every rule, or to all but these. */
const without = (rule: keyof ServiceRules, defence: Defence, ledger = strictLedgerRules): Promise<Running> =>
  start({}, { serviceRules: { ...strictServiceRules, [rule]: defence === "on" }, rules: ledger });

interface Wanted {
  readonly running: Running;
  readonly statement: string;
  readonly code: ServiceCode;
}

/** An enrolment that somebody asked for; approved by another unless `by` says otherwise. */
async function wanted(
  running: Running,
  { over = {}, service = SERVICE, by = "another" }: { over?: Over; service?: string; by?: "another" | "nobody" | "themselves" } = {},
): Promise<Wanted> {
  const [ada, bob] = await founders(running);
  const made = makeServiceCode(service);
  const statement = statementOf(running, ada, { kind: "workload.enrol", payload: { service, title: "Transfer", codeKey: made.codeKey }, ...over });
  if (by !== "nobody") await approveAs(running, by === "themselves" ? ada : bob, statement);
  return { running, statement, code: readServiceCode(made.code) as ServiceCode };
}

const ask = ({ running, statement, code }: Wanted, { csr = createRequest().csrPem, holder = code }: { csr?: string; holder?: ServiceCode } = {}) =>
  running.client.issue({ kind: "enrolment", csr, statement, proof: enrolmentProof(holder, csr) }, 2000);
const outcome = (asked: Promise<unknown>): Promise<string> => asked.then(() => "issued", codeOf);
const thumbprint = (certPem: string): string => sha256(new X509Certificate(certPem).raw).toString("base64url");

test("who holds an approved code gets a client's certificate of that very service for a day, and tokens for it", async () => {
  const asked = await wanted(await start());
  const { running } = asked;
  const { cert, ca, notAfterS } = await ask(asked);
  const spiffe = `spiffe://${running.custodian.trustDomain}/service/${SERVICE}`;
  const { raw } = new X509Certificate(cert);
  expect(peerIdentity(raw, { trustDomain: running.custodian.trustDomain, nowMs: running.clock.now() }).spiffe).toBe(spiffe);
  expect(ca).toBe(running.custodian.certificates.caPem);
  expect(notAfterS).toBe(running.clock.now() / 1000 + 86_400);
  expect(new X509Certificate(cert).keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  expect(await running.client.mint({ sub: "svc_site_sync", scope: "packet.upload", azp: spiffe, x5t: thumbprint(cert) }, 2000)).toMatchObject({ token: expect.any(String) });
  expect((await running.client.status({}, 2000)).events.filter(({ action }) => action === "certificate.issued")).toEqual([
    expect.objectContaining({ resource: spiffe, detail: expect.stringMatching(/^basis=enrolment;approval=[0-9a-f]{64};serial=[0-9a-f]{32}$/) }),
  ]);
});

test("the same request again is answered again, since an answer may be lost; the service's earlier certificates end once", async () => {
  const running = await start();
  const before = await enrol(running, `/service/${SERVICE}`);
  const asked = await wanted(running);
  const csr = createRequest().csrPem;
  const first = await ask(asked, { csr });
  expect(await outcome(ask(asked, { csr }))).toBe("issued");
  const again = await running.restart();
  expect(await outcome(ask({ ...asked, running: again }, { csr }))).toBe("issued");
  const mint = (x5t: string) => again.client.mint({ sub: "svc_a", scope: "packet.upload", azp: before.spiffe, x5t }, 2000).then(() => "minted", codeOf);
  expect([await mint(before.x5t), await mint(thumbprint(first.cert))]).toEqual(["verb.refused", "minted"]);
  const { crl, revokedWorkloads } = await again.client.status({}, 2000);
  expect([readRevocationList(crl, before.caPem).serials.size, revokedWorkloads]).toEqual([1, []]);
});

test("the next certificate is had with the present one's key, and is for the same service", async () => {
  const running = await start();
  const present = await enrol(running, `/service/${SERVICE}`);
  const { csrPem: csr } = createRequest();
  const issued = await running.client.issue({ kind: "renewal", csr, certificate: present.certPem, proof: renewalProof(present.keyPem, present.spiffe, csr) }, 2000);
  expect(new X509Certificate(issued.cert).subjectAltName).toBe(`URI:${present.spiffe}`);
  expect(running.custodian.certificates.isInForce(present.spiffe, present.x5t)).toBe(true);
});

test.each(["/zone/application/api", "/zone/edge/console", "/service/terminal"])("nothing renews or revokes a certificate of %s here", async (path) => {
  const running = await start();
  const own = await enrol(running, path);
  const { csrPem: csr } = createRequest();
  expect(await outcome(running.client.issue({ kind: "renewal", csr, certificate: own.certPem, proof: renewalProof(own.keyPem, own.spiffe, csr) }, 2000))).toBe("workload.code");
  expect(await outcome(running.client.revoke(path.slice(9), 2000))).toMatch(/^verb\.(?:refused|invalid)$/);
  expect(running.custodian.certificates.isInForce(own.spiffe, own.x5t)).toBe(true);
});

test.each(["terminal", "Site", "a/b", "..", "zone/application/api", ""])("no approval whatever has a certificate issued to a service named %j", async (service) => {
  const running = await start();
  const asked = await wanted(running, { over: { payload: { service, title: "x", codeKey: makeServiceCode(SERVICE).codeKey } } });
  expect(await outcome(ask(asked))).toBe("workload.code");
});

test("a revoked service enrols and renews nothing again, whatever was approved", async () => {
  const running = await start();
  const present = await enrol(running, `/service/${SERVICE}`);
  const asked = await wanted(running);
  await running.client.revoke(SERVICE, 2000);
  expect(await outcome(ask(asked))).toBe("workload.revoked");
  const { csrPem: csr } = createRequest();
  const renewed = running.client.issue({ kind: "renewal", csr, certificate: present.certPem, proof: renewalProof(present.keyPem, present.spiffe, csr) }, 2000);
  expect(await outcome(renewed)).toBe("workload.code");
});

test("a request with another kind of key is refused, and the code stays good", async () => {
  const asked = await wanted(await start());
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
  expect(await outcome(ask(asked, { csr: rsa.publicKey }))).toBe("workload.request");
  expect(await outcome(ask(asked))).toBe("issued");
});

test("a certificate is not issued upon a statement that nobody approved, whatever the api says", async () => {
  expect(await outcome(ask(await wanted(await start(), { by: "nobody" })))).toBe("workload.code");
});

faultTest("R8", "a certificate is not issued upon an approval of another kind", async (defence) => {
  const asked = await wanted(await without("kind", defence), { over: { kind: "policy.change" } });
  expect(await outcome(ask(asked))).toBe("workload.code");
});

faultTest("R7", "a service that needs two approvals is not enrolled upon one person's", async (defence) => {
  const asked = await wanted(await without("enough", defence), { over: { needed: 2 } });
  expect(await outcome(ask(asked))).toBe("workload.code");
});

faultTest("R6", "the requester's own approval has no service enrolled", async (defence) => {
  const asked = await wanted(await without("separation", defence, { ...strictLedgerRules, separation: false }), { by: "themselves" });
  expect(await outcome(ask(asked))).toBe("workload.code");
});

faultTest("R8", "an approval by a passkey that the api alone vouches for has no service enrolled", async (defence) => {
  const running = await without("proven", defence);
  const asked = await wanted(running, { by: "nobody" });
  const invented = person();
  await enrolPerson(running, invented, { kind: "invitation", approval: null });
  await approveAs(running, invented, asked.statement);
  expect(await outcome(ask(asked))).toBe("workload.code");
});

faultTest("R8", "who doesn't hold the code gets no certificate upon its approval", async (defence) => {
  const asked = await wanted(await without("code", defence));
  const other = readServiceCode(makeServiceCode(SERVICE).code) as ServiceCode;
  expect(await outcome(ask(asked, { holder: other }))).toBe("workload.code");
});

faultTest("R7", "a code is good for one request", async (defence) => {
  const asked = await wanted(await without("once", defence));
  await ask(asked);
  expect(await outcome(ask(asked))).toBe("workload.code");
});

faultTest("R7", "a code is good for an hour after its approval, and not for a moment longer", async (defence) => {
  const asked = await wanted(await without("inTime", defence));
  asked.running.clock.advance(HOUR_MS);
  expect(await outcome(ask(asked))).toBe("workload.code");
});

faultTest("M3", "a certificate that has ended, or was never issued here, renews nothing", async (defence) => {
  const running = await without("present", defence);
  const present = await enrol(running, `/service/${SERVICE}`);
  running.clock.advance(24 * HOUR_MS);
  const { csrPem: csr } = createRequest();
  expect(await outcome(running.client.issue({ kind: "renewal", csr, certificate: present.certPem, proof: renewalProof(present.keyPem, present.spiffe, csr) }, 2000))).toBe(
    "workload.code",
  );
});

faultTest("R8", "an api that has seen a service's certificate can't have another one of that service issued", async (defence) => {
  const running = await without("ownKey", defence);
  const present = await enrol(running, `/service/${SERVICE}`);
  const { csrPem: csr, keyPem } = createRequest();
  expect(await outcome(running.client.issue({ kind: "renewal", csr, certificate: present.certPem, proof: renewalProof(keyPem, present.spiffe, csr) }, 2000))).toBe(
    "workload.request",
  );
});
