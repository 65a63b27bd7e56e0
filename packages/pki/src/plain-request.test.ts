import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { Attributes, CertificationRequest, CertificationRequestInfo } from "@peculiar/asn1-csr";
import { AsnConvert } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier, Attribute, type Extension, Extensions, id_kp_clientAuth, id_kp_serverAuth, Name, SubjectPublicKeyInfo } from "@peculiar/asn1-x509";
import { codeOf } from "@sallyport/errors";
import { expect, test } from "vitest";
import { alternativeNames, basicConstraints, extendedKeyUsage, keyUsage } from "./certificate-extensions.ts";
import { createRequest } from "./certificate-request.ts";
import { toPem } from "./pem.ts";
import { assertPlainRequest } from "./plain-request.ts";
import { ECDSA_SHA256, publicKeyInfo, signDer } from "./signed-der.ts";

const WORKLOAD = "spiffe://d1.sallyport/service/site-sync";
const pair = () => generateKeyPairSync("ec", { namedCurve: "P-256" });

/** A request for this key, signed with that one. */
function request({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }, extensions: readonly Extension[] = []): string {
  const attribute = new Attribute({ type: "1.2.840.113549.1.9.14", values: [AsnConvert.serialize(new Extensions([...extensions]))] });
  const certificationRequestInfo = new CertificationRequestInfo({
    subject: new Name(),
    subjectPKInfo: AsnConvert.parse(publicKeyInfo(publicKey), SubjectPublicKeyInfo),
    ...(extensions.length > 0 && { attributes: new Attributes([attribute]) }),
  });
  const signed = new CertificationRequest({
    certificationRequestInfo,
    signatureAlgorithm: new AlgorithmIdentifier({ algorithm: ECDSA_SHA256 }),
    signature: signDer(AsnConvert.serialize(certificationRequestInfo), privateKey),
  });
  return toPem("CERTIFICATE REQUEST", new Uint8Array(AsnConvert.serialize(signed)));
}
const judged = (csr: string): string => {
  try {
    assertPlainRequest(csr, WORKLOAD);
    return "taken";
  } catch (error) {
    return codeOf(error);
  }
};

test("a request that names nobody, or the workload itself as a client's leaf, is taken", () => {
  expect(judged(createRequest().csrPem)).toBe("taken");
  expect(judged(request(pair(), [basicConstraints(false), keyUsage(false), extendedKeyUsage([id_kp_clientAuth]), alternativeNames(WORKLOAD, [])]))).toBe("taken");
});

test.each<[string, () => string]>([
  ["no request at all", () => "x"],
  ["two requests", () => createRequest().csrPem + createRequest().csrPem],
  ["a key of another kind", () => request(generateKeyPairSync("rsa", { modulusLength: 2048 }))],
  ["a key on another curve", () => request(generateKeyPairSync("ec", { namedCurve: "P-384" }))],
  ["no proof that its maker holds the key", () => request({ publicKey: pair().publicKey, privateKey: pair().privateKey })],
  ["an authority's certificate", () => request(pair(), [basicConstraints(true)])],
  ["the right to sign certificates", () => request(pair(), [keyUsage(true)])],
  ["another workload's name", () => request(pair(), [alternativeNames("spiffe://d1.sallyport/zone/application/api", [])])],
  ["its own name and a host's", () => request(pair(), [alternativeNames(WORKLOAD, ["localhost"])])],
  ["a server's certificate", () => request(pair(), [extendedKeyUsage([id_kp_serverAuth, id_kp_clientAuth])])],
  ["more than a request holds", () => `${" ".repeat(9000)}${createRequest().csrPem}`],
])("a request with or for %s is refused", (_what, csr) => {
  expect(judged(csr())).toBe("workload.request");
});
