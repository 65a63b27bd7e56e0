import { createPrivateKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  Certificate,
  type Extension,
  Extensions,
  GeneralName,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  type Name,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";
import { extendedKeyUsage, extension } from "../src/certificate-extensions.ts";
import { commonName, subjectOf } from "../src/distinguished-name.ts";
import { toPem } from "../src/pem.ts";
import { newSerial, serialToDer } from "../src/serial-number.ts";
import { ECDSA_SHA256, publicKeyInfo, signDer } from "../src/signed-der.ts";
import { CLIENT, type Deployment } from "./deployment.ts";

export const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
export const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/** How a leaf departs from the ordinary one; what is not named is as we would issue it. */
export interface Recipe {
  readonly names?: readonly ConstructorParameters<typeof GeneralName>[0][] | null;
  readonly purposes?: readonly string[] | null;
  /** DER of the KeyUsage bit string, or null for none. */
  readonly keyUsage?: readonly number[] | null;
  /** DER of BasicConstraints, or null for none. */
  readonly basicConstraints?: readonly number[] | null;
  readonly more?: readonly Extension[];
  readonly isNameCritical?: boolean;
  readonly subject?: Name;
  readonly serial?: string;
  readonly fromMs?: number;
  readonly untilMs?: number;
  readonly version?: 1 | 3;
  readonly key?: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  readonly issuer?: { readonly name: Name; readonly key: KeyObject };
  readonly signature?: { readonly oid: string; readonly digest: string };
  readonly outerOid?: string;
}

/** SubjectAltName of any names, right or wrong. */
export const names = (list: NonNullable<Recipe["names"]>, critical = false): Extension =>
  extension(id_ce_subjectAltName, critical, AsnConvert.serialize(new SubjectAlternativeName(list.map((name) => new GeneralName(name)))));

/** Makes a leaf by the recipe, signed by the deployment's authority unless the recipe says otherwise. */
export function craft(deployment: Deployment, recipe: Recipe): { readonly keyPem: string; readonly certPem: string; readonly der: Buffer } {
  const key = recipe.key ?? generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = recipe.issuer ?? { name: subjectOf(new X509Certificate(deployment.caPem)), key: createPrivateKey(deployment.material.keyPem) };
  const now = Date.now();
  const list: Extension[] = [];
  const basic = recipe.basicConstraints === undefined ? [0x30, 0x00] : recipe.basicConstraints;
  const usage = recipe.keyUsage === undefined ? [3, 2, 7, 0x80] : recipe.keyUsage;
  const purposes = recipe.purposes === undefined ? [CLIENT_AUTH] : recipe.purposes;
  const alternative = recipe.names === undefined ? [{ uniformResourceIdentifier: CLIENT }] : recipe.names;
  if (basic !== null) list.push(extension("2.5.29.19", true, Uint8Array.from(basic)));
  if (usage !== null) list.push(extension(id_ce_keyUsage, true, Uint8Array.from(usage)));
  if (purposes !== null) list.push(extendedKeyUsage(purposes));
  if (alternative !== null) list.push(names(alternative, recipe.isNameCritical));
  list.push(...(recipe.more ?? []));
  const algorithm = new AlgorithmIdentifier({ algorithm: recipe.signature?.oid ?? ECDSA_SHA256 });
  const isV1 = recipe.version === 1;
  const tbsCertificate = new TBSCertificate({
    version: isV1 ? Version.v1 : Version.v3,
    serialNumber: serialToDer(recipe.serial ?? newSerial()),
    signature: algorithm,
    issuer: issuer.name,
    validity: new Validity({ notBefore: new Date(recipe.fromMs ?? now - 60_000), notAfter: new Date(recipe.untilMs ?? now + 3_600_000) }),
    subject: recipe.subject ?? commonName("service/ingest"),
    subjectPublicKeyInfo: AsnConvert.parse(publicKeyInfo(key.publicKey), SubjectPublicKeyInfo),
    ...(!isV1 && list.length > 0 && { extensions: new Extensions(list) }),
  });
  const tbs = AsnConvert.serialize(tbsCertificate);
  const signatureValue = recipe.signature === undefined ? signDer(tbs, issuer.key) : new Uint8Array(sign(recipe.signature.digest, new Uint8Array(tbs), issuer.key)).buffer;
  const signatureAlgorithm = recipe.outerOid === undefined ? algorithm : new AlgorithmIdentifier({ algorithm: recipe.outerOid });
  const der = Buffer.from(AsnConvert.serialize(new Certificate({ tbsCertificate, signatureAlgorithm, signatureValue })));
  return { der, certPem: toPem("CERTIFICATE", der), keyPem: key.privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}
