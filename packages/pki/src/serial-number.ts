import { randomBytes } from "node:crypto";

const SERIAL_BYTES = 16;

/** A new serial number: 128 random bits as 32 lower-case hex digits. */
export const newSerial = (): string => randomBytes(SERIAL_BYTES).toString("hex");

/** The content of a DER INTEGER for a serial in hex: shortest form, and a zero byte before a set sign bit. */
export function serialToDer(serial: string): ArrayBuffer {
  const hex = serial.replace(/^(?:00)+(?=..)/, "");
  const signed = Number.parseInt(hex.slice(0, 2), 16) > 0x7f ? `00${hex}` : hex;
  return new Uint8Array(Buffer.from(signed, "hex")).buffer;
}

/** The serial of a DER INTEGER's content as we write it everywhere: lower-case hex, at least 32 digits. */
export function serialFromDer(content: ArrayBuffer): string {
  return Buffer.from(content)
    .toString("hex")
    .replace(/^(?:00)+/, "")
    .padStart(2 * SERIAL_BYTES, "0");
}
