import { randomBytes, X509Certificate } from "node:crypto";
import { sha256 } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { Integer, OctetString } from "asn1js";
import { AlgorithmIdentifier, Certificate, MessageImprint, SignedData, TimeStampReq, TimeStampResp, TSTInfo } from "pkijs";

const SHA256 = "2.16.840.1.101.3.4.2.1";
const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
/** id-kp-timeStamping: what the authority's certificate has to be for (RFC 3161 §2.3). */
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
/** Granted, or granted with changes (RFC 3161 §2.4.2). */
const GRANTED: ReadonlySet<number> = new Set([0, 1]);

/** A question to a time-stamping authority, and what its answer has to repeat. */
export interface TimeStampQuestion {
  /** TimeStampReq in DER. */
  readonly query: Buffer;
  readonly nonce: Buffer;
}

/** Asks for a time stamp over the SHA-256 of `data` (RFC 3161 §2.4.1), with the authority's certificate in the answer. */
export function timeStampQuestion(data: Uint8Array): TimeStampQuestion {
  const nonce = randomBytes(16);
  // A DER integer in its one form: positive, without a leading zero.
  nonce.writeUInt8((nonce.readUInt8(0) & 0x7f) | 0x40, 0);
  const messageImprint = new MessageImprint({ hashAlgorithm: new AlgorithmIdentifier({ algorithmId: SHA256 }), hashedMessage: new OctetString({ valueHex: sha256(data) }) });
  const request = new TimeStampReq({ version: 1, messageImprint, nonce: new Integer({ valueHex: nonce }), certReq: true });
  return { query: Buffer.from(request.toSchema().toBER(false)), nonce };
}

/**
 * Verifies an authority's answer: granted, over this data, for this question, signed by a certificate for time-stamping that one of `ca` issued and that
 * was in date then. Answers the TimeStampToken, DER, and the time that it says.
 *
 * @param ca - PEM, one or more certificates.
 * @throws SallyportError `anchor.refused`.
 */
export async function verifyTimeStamp(
  answer: Uint8Array,
  data: Uint8Array,
  { nonce }: Pick<TimeStampQuestion, "nonce">,
  ca: string,
): Promise<{ readonly token: Buffer; readonly at: Date }> {
  try {
    const { status, timeStampToken } = TimeStampResp.fromBER(answer);
    if (!GRANTED.has(status.status) || timeStampToken?.contentType !== SIGNED_DATA) throw new RangeError("not granted");
    const token = Buffer.from(timeStampToken.toSchema().toBER(false));
    const signed = new SignedData({ schema: timeStampToken.content });
    const content = signed.encapContentInfo.eContent?.valueBlock.valueHexView;
    if (signed.encapContentInfo.eContentType !== TST_INFO || content === undefined) throw new RangeError("not a time stamp");
    const info = TSTInfo.fromBER(content);
    const { hashAlgorithm, hashedMessage } = info.messageImprint;
    const isOurs = hashAlgorithm.algorithmId === SHA256 && sha256(data).equals(hashedMessage.valueBlock.valueHexView);
    if (!isOurs || info.nonce === undefined || !nonce.equals(info.nonce.valueBlock.valueHexView)) throw new RangeError("another question's answer");
    await assertSigned(signed, data, info.genTime, ca);
    return { token, at: info.genTime };
  } catch (error) {
    throw new SallyportError("anchor.refused", { why: "time stamp" }, error);
  }
}

async function assertSigned(signed: SignedData, data: Uint8Array, at: Date, ca: string): Promise<void> {
  const trustedCerts = (ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((pem) => Certificate.fromBER(new X509Certificate(pem).raw));
  if (trustedCerts.length === 0 || signed.signerInfos.length !== 1) throw new RangeError("no one signer, or nobody to trust");
  const copy = new Uint8Array(data).buffer;
  const { signatureVerified, signerCertificate, signerCertificateVerified } = await signed.verify({
    signer: 0,
    data: copy,
    trustedCerts,
    checkChain: true,
    checkDate: at,
    extendedMode: true,
  });
  if (signatureVerified !== true || signerCertificateVerified !== true || !(signerCertificate instanceof Certificate)) throw new RangeError("not signed by who is trusted");
  const certificate = new X509Certificate(Buffer.from(signerCertificate.toSchema().toBER(false)));
  // Node calls the extended key usages so.
  if (!certificate.keyUsage.includes(TIME_STAMPING)) throw new RangeError("a certificate that isn't for time-stamping");
}
