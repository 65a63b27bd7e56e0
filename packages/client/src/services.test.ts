import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority, createAuthority, isEnrolmentProof, makeServiceCode, readIdentity } from "@sallyport/pki";
import { afterEach, beforeEach, expect, test } from "vitest";
import { enrolService } from "./services.ts";

const SERVICE = "site-sync";
const TRUST_DOMAIN = "d1.sallyport";
const authority = new Authority(createAuthority({ trustDomain: TRUST_DOMAIN, now: Date.now, years: 1 }));

interface Asked {
  readonly service: string;
  readonly codeKey: string;
  readonly csr: string;
  readonly proof: string;
}
/** What the console does with a request: answers a body, or nothing. */
type Front = (asked: Asked) => object | null;

let folder: string;
let server: Server;
let origin: string;
let front: Front;
const seen: { readonly asked: Asked; readonly headers: IncomingMessage["headers"] }[] = [];

beforeEach(async () => {
  folder = join(mkdtempSync(join(tmpdir(), "enrol-")), "profile");
  seen.length = 0;
  server = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => (text += String(part)));
    request.on("end", () => {
      const asked = JSON.parse(text) as Asked;
      seen.push({ asked, headers: request.headers });
      const body = front(asked);
      if (body === null) request.socket.destroy();
      else response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  origin = `http://localhost:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  rmSync(join(folder, ".."), { recursive: true, force: true });
});

const issued = (csr: string, service = SERVICE) => {
  const workload = `spiffe://${TRUST_DOMAIN}/service/${service}`;
  const { certPem, notAfterS } = authority.issue({ csrPem: csr, spiffe: workload, dns: [] });
  return { state: "issued", certificate: certPem, authorities: authority.certPem, workload, trustDomain: TRUST_DOMAIN, notAfter: new Date(notAfterS * 1000).toISOString() };
};
const enrol = (code: string) => enrolService({ code, console: origin, api: "https://localhost:3001", folder, waiting: () => Promise.resolve() });
const codeOf = (failed: Promise<unknown>) =>
  failed.then(
    () => "enrolled",
    (error: { code?: string }) => error.code,
  );

test("a service waits, asks again for an answer that was lost with the very same request, and writes a profile of its own alone", async () => {
  const { code, codeKey } = makeServiceCode(SERVICE);
  const answers: Front[] = [() => ({ state: "waiting" }), () => null, ({ csr }) => issued(csr)];
  front = (asked) => answers[Math.min(seen.length, answers.length) - 1]?.(asked) ?? null;
  expect(await enrol(code)).toMatchObject({ service: SERVICE, workload: `spiffe://${TRUST_DOMAIN}/service/${SERVICE}` });
  expect(new Set(seen.map(({ asked }) => JSON.stringify(asked))).size).toBe(1);
  expect(isEnrolmentProof({ ...(seen[0] as { asked: Asked }).asked, service: SERVICE, codeKey })).toBe(true);
  expect(seen[0]?.headers).toMatchObject({ origin, "x-sallyport": "1" });
  expect(new X509Certificate(readIdentity(folder).certPem).subjectAltName).toBe(`URI:spiffe://${TRUST_DOMAIN}/service/${SERVICE}`);
  expect(JSON.parse(readFileSync(join(folder, "profile.json"), "utf8"))).toMatchObject({ name: SERVICE, api: "https://localhost:3001", trustDomain: TRUST_DOMAIN });
  expect([statSync(folder).mode & 0o777, statSync(join(folder, "key.pem")).mode & 0o777]).toEqual([0o700, 0o600]);
});

test("neither the code nor the key is in what is sent", async () => {
  const { code } = makeServiceCode(SERVICE);
  front = ({ csr }) => issued(csr);
  await enrol(code);
  const sent = JSON.stringify(seen);
  expect(sent).not.toContain(code.split(".")[2]);
  expect(sent).not.toContain("PRIVATE KEY");
});

test("a certificate of another service, or of another key, is no answer, and nothing is written", async () => {
  const other = makeServiceCode("other");
  const keep: Asked[] = [];
  front = (asked) => {
    keep.push(asked);
    return issued(asked.csr, "other");
  };
  expect(await codeOf(enrol(makeServiceCode(SERVICE).code))).toBe("connection.untrusted");
  front = () => issued(keep[0]?.csr ?? "", "other");
  expect(await codeOf(enrol(other.code))).toBe("connection.untrusted");
  expect(() => statSync(folder)).toThrow();
});

test.each([["https://console.example/path"], ["http://console.example"], ["ftp://localhost"], ["console"]])("a code isn't used at %s", async (at) => {
  const { code } = makeServiceCode(SERVICE);
  expect(await codeOf(enrolService({ code, console: at, api: "https://localhost:3001", folder, waiting: () => Promise.resolve() }))).toBe("setting.invalid");
});
