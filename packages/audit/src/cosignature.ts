import { ed25519Public, ed25519RawOf, signEd25519, verifyEd25519 } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { COSIGNATURE, keyIdOf, type NoteSigner, parseSignatureLine, parseVkey, signatureLine, vkeyOf } from "./signed-note.ts";

const KEY_ID_BYTES = 4;
const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;
/** Seconds since the epoch, which may have no more than 53 bits here. */
const isTime = (timeS: number): boolean => Number.isSafeInteger(timeS) && timeS >= 0;

/** What a witness signs: that it has seen this checkpoint to be the log's newest and consistent with all before (C2SP tlog-cosignature, "Ed25519 signed message"). */
const message = (text: string, timeS: number): string => `cosignature/v1\ntime ${timeS}\n${text}`;

/** A witness's verifier key, of signature type 0x04. @throws SallyportError `note.invalid`. */
export const witnessKeyOf = (name: string, raw: Uint8Array): string => vkeyOf(name, raw, COSIGNATURE);

/** The name in a witness's verifier key. @throws SallyportError `note.invalid` for what is no verifier key of type 0x04. */
export function witnessName(vkey: string): string {
  const { name, raw } = parseVkey(vkey, COSIGNATURE);
  try {
    ed25519Public(raw);
    return name;
  } catch (error) {
    throw new SallyportError("note.invalid", { what: "vkey" }, error);
  }
}

/**
 * Cosigns a checkpoint's text. Answers a signature line with its newline.
 *
 * @param timeS - Seconds since the epoch.
 */
export function cosign(text: string, signer: NoteSigner, timeS: number): string {
  if (!isTime(timeS) || !text.endsWith("\n")) throw new RangeError("a cosignature is over a whole text, at a time");
  const time = Buffer.alloc(TIME_BYTES);
  time.writeBigUInt64BE(BigInt(timeS));
  const signature = signEd25519(signer.privateKey, Buffer.from(message(text, timeS), "utf8"));
  const keyId = keyIdOf(signer.name, ed25519RawOf(signer.privateKey), COSIGNATURE);
  return signatureLine(signer.name, Buffer.concat([keyId, time, signature]).toString("base64"));
}

/**
 * When a witness cosigned a checkpoint's text, in seconds since the epoch.
 *
 * @param lines - Signature lines, each with its newline; those of others are ignored.
 * @param vkey - The witness's, of type 0x04.
 * @throws SallyportError `note.invalid` where no line is by this witness, or one says it is and doesn't verify.
 */
export function cosignedAt(text: string, lines: string, vkey: string): number {
  const { name, keyId, raw } = parseVkey(vkey, COSIGNATURE);
  if (!lines.endsWith("\n")) throw new SallyportError("note.invalid", { what: "cosignature" });
  const ours = lines
    .slice(0, -1)
    .split("\n")
    .map(parseSignatureLine)
    .filter((line) => line.name === name && line.bytes.subarray(0, KEY_ID_BYTES).toString("hex") === keyId);
  const publicKey = ed25519Public(raw);
  const times = ours.map(({ bytes }) => {
    if (bytes.length !== KEY_ID_BYTES + TIME_BYTES + SIGNATURE_BYTES) throw new SallyportError("note.invalid", { what: "cosignature" });
    const timeS = Number(bytes.readBigUInt64BE(KEY_ID_BYTES));
    const isValid = isTime(timeS) && verifyEd25519(publicKey, Buffer.from(message(text, timeS), "utf8"), bytes.subarray(KEY_ID_BYTES + TIME_BYTES));
    if (!isValid) throw new SallyportError("note.invalid", { what: "cosignature" });
    return timeS;
  });
  const [latest] = times.sort((one, other) => other - one);
  if (latest === undefined) throw new SallyportError("note.invalid", { what: "cosignature" });
  return latest;
}
