import { createPublicKey } from "node:crypto";
import { expect, test } from "vitest";
import { createRequest } from "./certificate-request.ts";
import { CODE_KEY, enrolmentProof, isEnrolmentProof, isRenewalProof, makeServiceCode, readServiceCode, renewalProof, type ServiceCode } from "./service-code.ts";

const SERVICE = "site-sync";
const made = (service = SERVICE) => {
  const { code, codeKey } = makeServiceCode(service);
  return { text: code, codeKey, code: readServiceCode(code) as ServiceCode };
};

test("a code is read back as what it was made for, and its public half says nothing of it", () => {
  const { text, codeKey, code } = made();
  expect(text).toMatch(/^svc1\.site-sync\.[A-Za-z0-9_-]{43}$/);
  expect(codeKey).toMatch(CODE_KEY);
  expect(code).toMatchObject({ service: SERVICE, codeKey });
  expect(readServiceCode(`${text}\n`)).toMatchObject({ codeKey });
  expect(text).not.toContain(codeKey.slice(4, 20));
});

test.each([
  "",
  "svc1.x",
  "svc1.site-sync.",
  `svc1.Site.${"A".repeat(43)}`,
  `svc1.site-sync.${"A".repeat(43)}`,
  `svc2.site-sync.${"B".repeat(43)}`,
  `svc1.site-sync.${"_".repeat(43)}`,
])("%j is no code", (text) => {
  expect(readServiceCode(text)).toBeNull();
});

test("a proof is of one code, one service and one request", () => {
  const { code, codeKey } = made();
  const other = made();
  const { csrPem: csr } = createRequest();
  const proof = enrolmentProof(code, csr);
  const of = { service: SERVICE, codeKey, csr, proof };
  expect(isEnrolmentProof(of)).toBe(true);
  for (const wrong of [
    { service: "site-sync2" },
    { codeKey: other.codeKey },
    { csr: createRequest().csrPem },
    { proof: enrolmentProof(other.code, csr) },
    { proof: "" },
    { codeKey: "A".repeat(44) },
  ])
    expect(isEnrolmentProof({ ...of, ...wrong }), JSON.stringify(wrong)).toBe(false);
});

test("a renewal's proof is of the present key, for one workload and one request", () => {
  const present = createRequest();
  const key = createPublicKey(present.keyPem);
  const { csrPem: csr } = createRequest();
  const of = { workload: "spiffe://d/service/a", csr, proof: renewalProof(present.keyPem, "spiffe://d/service/a", csr) };
  expect(isRenewalProof(key, of)).toBe(true);
  expect(isRenewalProof(key, { ...of, workload: "spiffe://d/service/b" })).toBe(false);
  expect(isRenewalProof(key, { ...of, csr: present.csrPem })).toBe(false);
  expect(isRenewalProof(createPublicKey(createRequest().keyPem), of)).toBe(false);
});
