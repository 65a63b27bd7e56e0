import { createHash, X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { CLIENT, Deployment, derOf, SERVER, TRUST_DOMAIN } from "../test/deployment.ts";
import { Authority, createAuthority, createRequest, openRequest, parseSpiffeId, peerIdentity, readRevocationList } from "./index.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const material = createAuthority({ trustDomain: TRUST_DOMAIN, now: () => NOW, years: 10 });
const authority = new Authority(material, () => NOW);
const issue = (request: Partial<Parameters<Authority["issue"]>[0]> = {}) => authority.issue({ csrPem: createRequest().csrPem, spiffe: CLIENT, dns: [], ...request });

describe("an authority", () => {
  test("knows its trust domain from its certificate, and signs leaves only", () => {
    const certificate = new X509Certificate(material.certPem);
    expect(authority.trustDomain).toBe(TRUST_DOMAIN);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(() => peerIdentity(certificate.raw, { trustDomain: TRUST_DOMAIN, nowMs: NOW })).toThrow("workload.invalid");
  });

  test("is refused with a key that isn't its own, and as a leaf", () => {
    const other = createAuthority({ trustDomain: TRUST_DOMAIN, now: () => NOW, years: 1 });
    expect(() => new Authority({ ...material, keyPem: other.keyPem })).toThrow("custodian.store");
    const request = createRequest();
    const leaf = authority.issue({ csrPem: request.csrPem, spiffe: CLIENT, dns: [] });
    expect(() => new Authority({ certPem: leaf.certPem, keyPem: request.keyPem })).toThrow("custodian.store");
  });

  test("issues for a day, from a minute ago, with a serial of 128 bits that is never the same", () => {
    const issued = issue();
    const certificate = new X509Certificate(issued.certPem);
    expect(Date.parse(certificate.validFrom)).toBe(NOW - 60_000);
    expect(Date.parse(certificate.validTo)).toBe(NOW + 86_400_000);
    expect(issued.notAfterS).toBe((NOW + 86_400_000) / 1000);
    expect(issued.serial).toMatch(/^[0-9a-f]{32}$/);
    expect(certificate.serialNumber.toLowerCase().padStart(32, "0")).toBe(issued.serial);
    expect(new Set(Array.from({ length: 64 }, () => issue().serial)).size).toBe(64);
  });

  test("never issues beyond its own end", () => {
    const late = new Authority(material, () => Date.parse(new X509Certificate(material.certPem).validTo) - 3_600_000);
    const issued = late.issue({ csrPem: createRequest().csrPem, spiffe: CLIENT, dns: [] });
    expect(issued.notAfterS * 1000).toBe(Date.parse(new X509Certificate(material.certPem).validTo));
  });

  test("gives serverAuth only to what listens, and clientAuth to all", () => {
    const usage = (dns: string[]) => new X509Certificate(issue({ dns, spiffe: SERVER }).certPem).keyUsage;
    expect(usage(["localhost"])).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    expect(usage([])).toEqual(["1.3.6.1.5.5.7.3.2"]);
  });

  test.each([
    ["another trust domain", { spiffe: "spiffe://other.sallyport/service/ingest" }],
    ["no path", { spiffe: `spiffe://${TRUST_DOMAIN}` }],
    ["a path that climbs", { spiffe: `spiffe://${TRUST_DOMAIN}/service/../zone/data/custodian` }],
    ["a DNS name with a comma", { dns: [`x, URI:${CLIENT}`] }],
    ["a wildcard", { dns: ["*.example.org"] }],
    ["a life of eight days", { lifetimeSeconds: 8 * 86_400 }],
    ["no life", { lifetimeSeconds: 0 }],
    ["half a second", { lifetimeSeconds: 0.5 }],
    ["no request", { csrPem: "" }],
  ])("refuses %s", (_, request) => {
    expect(() => issue(request)).toThrow("verb.invalid");
  });
});

describe("a request", () => {
  test("proves its key: one altered bit is refused", () => {
    const { csrPem } = createRequest();
    const body = Buffer.from(csrPem.replace(/-----[^-]+-----|\s/g, ""), "base64");
    expect(openRequest(csrPem).asymmetricKeyType).toBe("ec");
    // The public key, and then the signature.
    for (const place of [60, body.length - 3]) {
      const altered = Buffer.from(body);
      altered.writeUInt8(altered.readUInt8(place) ^ 1, place);
      expect(() => openRequest(`-----BEGIN CERTIFICATE REQUEST-----\n${altered.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`)).toThrow("verb.invalid");
    }
  });

  test("holds a key that opens the certificate issued for it", () => {
    const request = createRequest();
    const issued = authority.issue({ csrPem: request.csrPem, spiffe: CLIENT, dns: [] });
    const certificate = new X509Certificate(issued.certPem);
    expect(certificate.publicKey.export({ type: "spki", format: "der" })).toEqual(openRequest(request.csrPem).export({ type: "spki", format: "der" }));
  });
});

describe("a peer's identity", () => {
  test("is the SPIFFE ID, the thumbprint tokens are bound to, the serial and the end", () => {
    const issued = issue();
    const der = derOf(issued.certPem);
    expect(peerIdentity(der, { trustDomain: TRUST_DOMAIN, nowMs: NOW })).toMatchObject({
      spiffe: CLIENT,
      x5t: createHash("sha256").update(der).digest("base64url"),
      serial: issued.serial,
      notAfterMs: issued.notAfterS * 1000,
    });
  });

  test("ends at the very second", () => {
    const issued = issue();
    const at = (nowMs: number) => () => peerIdentity(derOf(issued.certPem), { trustDomain: TRUST_DOMAIN, nowMs });
    expect(at(issued.notAfterS * 1000 - 1)).not.toThrow();
    expect(at(issued.notAfterS * 1000)).toThrow("workload.revoked");
    expect(at(NOW - 60_001)).toThrow("workload.invalid");
  });

  test("as a server's takes serverAuth, which a caller doesn't have", () => {
    const role = (certPem: string) => () => peerIdentity(derOf(certPem), { trustDomain: TRUST_DOMAIN, nowMs: NOW, role: "server" });
    expect(role(issue({ dns: ["localhost"] }).certPem)).not.toThrow();
    expect(role(issue().certPem)).toThrow("workload.invalid");
  });

  test("is read from one certificate's exact bytes", () => {
    const der = derOf(issue().certPem);
    for (const bytes of [Buffer.concat([der, Buffer.from([0])]), Buffer.concat([der, der]), der.subarray(0, -1), Buffer.alloc(0), Buffer.from("30", "hex")]) {
      expect(() => peerIdentity(bytes, { trustDomain: TRUST_DOMAIN, nowMs: NOW })).toThrow("workload.invalid");
    }
  });
});

describe("a revocation list", () => {
  const serials = ["00".repeat(15) + "01", "ff".repeat(16), `00ff${"11".repeat(14)}`, issue().serial];

  test("holds the serials that were given, whatever their leading bits", () => {
    const { pem, nextUpdateS } = authority.revocationList(
      serials.map((serial) => ({ serial, atMs: NOW })),
      3600,
    );
    const list = readRevocationList(pem, material.certPem);
    expect([...list.serials].sort()).toEqual([...serials].sort());
    expect(list).toMatchObject({ thisUpdateMs: NOW, nextUpdateMs: NOW + 3_600_000 });
    expect(nextUpdateS).toBe(NOW / 1000 + 3600);
  });

  test("may be empty", () => {
    expect(readRevocationList(authority.revocationList([], 60).pem, material.certPem).serials.size).toBe(0);
  });

  test("of another authority, altered, doubled or cut is refused", () => {
    const { pem } = authority.revocationList([], 60);
    const lines = pem.split("\n");
    const first = lines[2] ?? "";
    const altered = pem.replace(
      first,
      first.replace(/[A-Za-y]/, (letter) => String.fromCharCode(letter.charCodeAt(0) + 1)),
    );
    expect(() => readRevocationList(pem, new Deployment().caPem)).toThrow("workload.crl_stale");
    for (const bad of [altered, pem + pem, pem.slice(0, 200), ""]) expect(() => readRevocationList(bad, material.certPem)).toThrow("workload.crl_stale");
  });

  test("is taken with two authorities in force", () => {
    const other = new Deployment().caPem;
    expect(readRevocationList(authority.revocationList([], 60).pem, other + material.certPem).serials.size).toBe(0);
  });
});

test.each([
  ["spiffe://a.b/c", { trustDomain: "a.b", path: "/c" }],
  ["spiffe://a.b", { trustDomain: "a.b", path: "" }],
  ["spiffe://A.b/c", null],
  ["spiffe:///c", null],
  ["spiffe://a.b/", null],
  ["spiffe://a.b/c/../d", null],
  ["http://a.b/c", null],
])("%s is taken apart as SPIFFE says", (uri, expected) => {
  expect(parseSpiffeId(uri)).toEqual(expected);
});
