import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { Name } from "@peculiar/asn1-x509";
import { commonName, subjectOf } from "../src/distinguished-name.ts";
import { extendedKeyUsage, extension } from "../src/certificate-extensions.ts";
import { CLIENT_AUTH, names, type Recipe, SERVER_AUTH } from "./craft.ts";
import { CLIENT, Deployment, TRUST_DOMAIN } from "./deployment.ts";

/** Who must refuse a leaf at the latest: `form` is our reading of the certificate, `chain` is TLS, before that reading. */
type Fate = "welcome" | "form" | "chain";

/** One leaf of the zoo. */
export interface Specimen {
  readonly name: string;
  readonly fate: Fate;
  readonly recipe: Recipe;
}

const ec = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve });
const rsa = (modulusLength: number) => generateKeyPairSync("rsa", { modulusLength });
const uri = (uniformResourceIdentifier: string) => ({ uniformResourceIdentifier });
const ours = (path: string) => uri(`spiffe://${TRUST_DOMAIN}${path}`);
const dns = (dNSName: string) => ({ dNSName });
const both = [SERVER_AUTH, CLIENT_AUTH];
const oddName = (fate: Fate, name: string, value: string): Specimen => ({ name, fate, recipe: { names: [uri(value)] } });

/**
 * Leaves of our own making, each with what must become of it. It stands in for the 188 leaves with keys of x509-limbo, which are not
 * at hand here: it covers the same kinds of deviation (names, purposes, constraints, usages, keys, signatures, versions, dates, chain),
 * but they were thought of by the people who wrote the check.
 */
export function zoo(deployment: Deployment): Specimen[] {
  const authority = { name: subjectOf(new X509Certificate(deployment.caPem)), key: createPrivateKey(deployment.material.keyPem) };
  const leafKey = ec("P-256");
  const stranger = new Deployment();
  return [
    { name: "as issued", fate: "welcome", recipe: {} },
    { name: "Ed25519 key", fate: "welcome", recipe: { key: generateKeyPairSync("ed25519") } },
    { name: "listens and calls", fate: "welcome", recipe: { purposes: both, names: [uri(CLIENT), dns("localhost"), dns("api.internal")] } },
    { name: "both purposes, no DNS name", fate: "welcome", recipe: { purposes: both } },
    { name: "DNS name before the URI", fate: "welcome", recipe: { purposes: [CLIENT_AUTH, SERVER_AUTH], names: [dns("localhost"), uri(CLIENT)] } },
    { name: "path of many segments", fate: "welcome", recipe: { names: [ours("/a/b/c/d/e/f")] } },
    { name: "path with every allowed sign", fate: "welcome", recipe: { names: [ours("/Az09._-/..a")] } },
    { name: "no BasicConstraints", fate: "welcome", recipe: { basicConstraints: null } },
    { name: "critical names and empty subject", fate: "welcome", recipe: { isNameCritical: true, subject: new Name() } },
    { name: "serial of 20 octets", fate: "welcome", recipe: { serial: "7f".repeat(20) } },
    { name: "serial of one octet", fate: "welcome", recipe: { serial: "01" } },
    { name: "end after 2050", fate: "welcome", recipe: { untilMs: Date.UTC(2051, 0, 1) } },
    { name: "usage with keyAgreement", fate: "welcome", recipe: { keyUsage: [3, 2, 3, 0x88] } },
    { name: "another workload in the CN", fate: "welcome", recipe: { subject: commonName(`spiffe://${TRUST_DOMAIN}/zone/data/custodian`) } },

    { name: "no names", fate: "form", recipe: { names: null } },
    { name: "identity in the CN only", fate: "form", recipe: { names: null, subject: commonName(CLIENT) } },
    { name: "identity as IssuerAltName only", fate: "form", recipe: { names: null, more: [extension("2.5.29.18", false, names([uri(CLIENT)]).extnValue.buffer)] } },
    { name: "DNS name only", fate: "form", recipe: { names: [dns("localhost")], purposes: both } },
    { name: "two URIs", fate: "form", recipe: { names: [uri(CLIENT), ours("/zone/data/custodian")] } },
    { name: "the same URI twice", fate: "form", recipe: { names: [uri(CLIENT), uri(CLIENT)] } },
    { name: "a foreign second URI", fate: "form", recipe: { names: [uri(CLIENT), uri("https://example.org/")] } },
    { name: "URI and e-mail", fate: "form", recipe: { names: [uri(CLIENT), { rfc822Name: "a@example.org" }] } },
    { name: "URI and IP", fate: "form", recipe: { names: [uri(CLIENT), { iPAddress: "127.0.0.1" }], purposes: both } },
    { name: "URI and directory name", fate: "form", recipe: { names: [uri(CLIENT), { directoryName: commonName("x") }] } },
    { name: "URI and registered id", fate: "form", recipe: { names: [uri(CLIENT), { registeredID: "1.2.3" }] } },
    { name: "a URI inside a DNS name", fate: "form", recipe: { names: [ours("/service/low"), dns(`x, URI:${CLIENT}`)], purposes: both } },
    { name: "a URI inside a DNS name, alone", fate: "form", recipe: { names: [dns(`x, URI:${CLIENT}`)], purposes: both } },
    { name: "DNS name on a caller", fate: "form", recipe: { names: [uri(CLIENT), dns("localhost")] } },
    { name: "DNS name in upper case", fate: "form", recipe: { names: [uri(CLIENT), dns("LOCALHOST")], purposes: both } },
    { name: "DNS wildcard", fate: "form", recipe: { names: [uri(CLIENT), dns("*.sallyport")], purposes: both } },
    { name: "DNS name with NUL", fate: "form", recipe: { names: [uri(CLIENT), dns("localhost\0.evil")], purposes: both } },
    { name: "empty DNS name", fate: "form", recipe: { names: [uri(CLIENT), dns("")], purposes: both } },
    oddName("form", "https URI", "https://localhost/service/ingest"),
    oddName("form", "foreign trust domain", "spiffe://dother.sallyport/service/ingest"),
    oddName("form", "trust domain as prefix", `spiffe://${TRUST_DOMAIN}.evil/service/ingest`),
    oddName("form", "trust domain as user", `spiffe://${TRUST_DOMAIN}@evil/service/ingest`),
    oddName("form", "trust domain in upper case", `spiffe://${TRUST_DOMAIN.toUpperCase()}/service/ingest`),
    oddName("form", "scheme in upper case", `SPIFFE://${TRUST_DOMAIN}/service/ingest`),
    oddName("form", "port", `spiffe://${TRUST_DOMAIN}:443/service/ingest`),
    oddName("form", "query", `${CLIENT}?as=api`),
    oddName("form", "fragment", `${CLIENT}#api`),
    oddName("form", "trailing slash", `${CLIENT}/`),
    oddName("form", "empty segment", `spiffe://${TRUST_DOMAIN}//service/ingest`),
    oddName("form", "dot segment", `spiffe://${TRUST_DOMAIN}/service/../zone/application/api`),
    oddName("form", "percent-encoding", `spiffe://${TRUST_DOMAIN}/service/%69ngest`),
    oddName("form", "no path", `spiffe://${TRUST_DOMAIN}`),
    oddName("form", "NUL at the end", `${CLIENT}\0`),
    oddName("form", "line feed at the end", `${CLIENT}\n`),
    oddName("form", "longer than 2048", `${CLIENT}/${"a".repeat(2048)}`),

    { name: "CA:TRUE", fate: "form", recipe: { basicConstraints: [0x30, 3, 1, 1, 0xff] } },
    { name: "CA:TRUE that signs", fate: "form", recipe: { basicConstraints: [0x30, 3, 1, 1, 0xff], keyUsage: [3, 2, 1, 0x86] } },
    { name: "path length without CA", fate: "form", recipe: { basicConstraints: [0x30, 3, 2, 1, 0] } },
    { name: "no usage", fate: "form", recipe: { keyUsage: null } },
    { name: "usage without digitalSignature", fate: "form", recipe: { keyUsage: [3, 2, 3, 0x08] } },
    { name: "usage with keyCertSign", fate: "form", recipe: { keyUsage: [3, 2, 2, 0x84] } },
    { name: "usage with cRLSign", fate: "form", recipe: { keyUsage: [3, 2, 1, 0x82] } },
    { name: "no purpose", fate: "form", recipe: { purposes: null } },
    { name: "serverAuth only", fate: "form", recipe: { purposes: [SERVER_AUTH] } },
    { name: "any purpose", fate: "form", recipe: { purposes: ["2.5.29.37.0"] } },
    { name: "clientAuth and any purpose", fate: "form", recipe: { purposes: [CLIENT_AUTH, "2.5.29.37.0"] } },
    { name: "clientAuth and code signing", fate: "form", recipe: { purposes: [CLIENT_AUTH, "1.3.6.1.5.5.7.3.3"] } },
    { name: "Netscape type for purpose", fate: "form", recipe: { purposes: null, more: [extension("2.16.840.1.113730.1.1", false, Uint8Array.from([3, 2, 7, 0x80]))] } },
    { name: "unknown critical extension", fate: "form", recipe: { more: [extension("1.2.3.4", true, Uint8Array.from([5, 0]))] } },
    { name: "names twice", fate: "form", recipe: { more: [names([ours("/zone/data/custodian")])] } },
    { name: "purposes twice", fate: "form", recipe: { more: [extendedKeyUsage([SERVER_AUTH])] } },

    { name: "P-384 key", fate: "form", recipe: { key: ec("P-384") } },
    { name: "secp256k1 key", fate: "form", recipe: { key: ec("secp256k1") } },
    { name: "RSA 2048 key", fate: "form", recipe: { key: rsa(2048) } },
    { name: "RSA 1024 key", fate: "form", recipe: { key: rsa(1024) } },
    { name: "signed with SHA-1", fate: "form", recipe: { signature: { oid: "1.2.840.10045.4.1", digest: "sha1" } } },
    { name: "signed with SHA-512", fate: "form", recipe: { signature: { oid: "1.2.840.10045.4.3.4", digest: "sha512" } } },
    { name: "two names for the signature", fate: "form", recipe: { outerOid: "1.2.840.10045.4.3.4" } },
    { name: "version 1", fate: "form", recipe: { version: 1 } },
    { name: "ended", fate: "form", recipe: { fromMs: Date.now() - 7_200_000, untilMs: Date.now() - 3_600_000 } },
    { name: "not begun", fate: "form", recipe: { fromMs: Date.now() + 3_600_000, untilMs: Date.now() + 7_200_000 } },
    { name: "ends before it begins", fate: "form", recipe: { fromMs: Date.now() + 60_000, untilMs: Date.now() - 60_000 } },

    { name: "signed by itself", fate: "chain", recipe: { key: leafKey, issuer: { name: commonName("service/ingest"), key: leafKey.privateKey } } },
    { name: "signed by itself under the authority's name", fate: "chain", recipe: { key: leafKey, issuer: { ...authority, key: leafKey.privateKey } } },
    {
      name: "signed by another authority",
      fate: "chain",
      recipe: { issuer: { name: subjectOf(new X509Certificate(stranger.caPem)), key: createPrivateKey(stranger.material.keyPem) } },
    },
    { name: "signed by another leaf", fate: "chain", recipe: { issuer: { name: commonName("service/ingest"), key: ec("P-256").privateKey } } },
  ];
}
