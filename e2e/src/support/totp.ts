import { createHmac } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP_MS = 30_000;

/** The code of a shared secret in base32 at a time (RFC 6238 with SHA-1, six digits, thirty seconds), written from the RFC for the tests alone. */
function totpAt(secret: string, atMs: number): string {
  const bits = Array.from(secret.replaceAll(/[\s=]/g, ""), (letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(atMs / STEP_MS)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Gives each code once, since no server takes one twice; and the next one already in the step before it, as a server that allows for clocks takes it. */
export class Codes {
  readonly #secret: string;
  #lastStep = 0;

  constructor(secret: string) {
    this.#secret = secret;
  }

  async next(): Promise<string> {
    const now = (): number => Math.floor(Date.now() / STEP_MS);
    while (this.#lastStep > now()) await new Promise((resolve) => setTimeout(resolve, 200));
    this.#lastStep = Math.max(now(), this.#lastStep + 1);
    return totpAt(this.#secret, this.#lastStep * STEP_MS);
  }
}
