import type { KeyObject } from "node:crypto";
import { closeSync, existsSync, fchownSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, statSync, truncateSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { canonicalJson, equalHex, hmacHex, secretKey } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";

/** The file, in the custodian's folder, where a root key in a file is, too: what is kept apart from backups is kept together. */
export const SHREDS = "shreds.jsonl";

/** What was destroyed for good: the shares of one subject, and those of the packets that its data came in. No values. */
export interface Shred {
  readonly subject: string;
  /** Ids of packets, whose shares went too. */
  readonly packets: readonly string[];
  /** Digest of the approved statement, lower-case hex. */
  readonly approval: string;
  /** Persons' ids: who asked first, then who approved. */
  readonly by: readonly string[];
  /** ISO time. */
  readonly at: string;
}

/** A first line, so that an empty journal is told from none. */
const headOf = (deployment: string): string => `${JSON.stringify({ v: 1, deployment })}\n`;

/** The key of the lines' MACs, in hex: made of the first signing key's seed (base64url), of before and of after a move of the root key. */
export const shredSecretOf = (signSecret: string): string => hmacHex(secretKey(Buffer.from(signSecret, "base64url")), "sallyport/shreds/v1");
const macOf = (key: KeyObject, deployment: string, shred: Shred): string => hmacHex(key, `sallyport/shred/v1\n${deployment}\n${textOf(shred)}`);
const textOf = ({ subject, packets, approval, by, at }: Shred): string => canonicalJson({ at, by: [...by], approval, packets: [...packets], subject });
const lineOf = ({ subject, packets, approval, by, at }: Shred, mac: string): string => JSON.stringify({ subject, packets, approval, by, at, mac });

/**
 * The lines of a journal of shreds (docs/spec/custody-v1.md, section 12), not proven yet. Each proves itself, so those of several copies may be put together. A torn
 * last line was never acknowledged.
 *
 * @throws SallyportError `custodian.store` for another deployment's.
 */
export function shredLines(path: string, deployment: string): readonly string[] {
  const lines = readFileSync(path, "utf8").split("\n");
  lines.pop();
  const [head, ...rest] = lines;
  if (`${head ?? ""}\n` !== headOf(deployment)) throw new SallyportError("custodian.store", { file: path, line: 1 });
  return rest;
}

/** The text of a journal with these lines: what a restore found of them. */
export const shredsText = (deployment: string, lines: readonly string[]): string => headOf(deployment) + lines.map((line) => `${line}\n`).join("");

/** @throws SallyportError `custodian.store` with the line that isn't as it was written. */
function readShreds(path: string, key: KeyObject, deployment: string): readonly Shred[] {
  return shredLines(path, deployment).map((line, at) => {
    try {
      const { mac, ...shred } = JSON.parse(line) as Shred & { readonly mac: string };
      if (!equalHex(macOf(key, deployment, shred), mac) || lineOf(shred, mac) !== line) throw new RangeError("not as it was written");
      return shred;
    } catch (error) {
      throw new SallyportError("custodian.store", { file: path, line: at + 2 }, error);
    }
  });
}

/** The journal of shreds, which only grows. What is in it stays destroyed, whichever store is put back beside it. */
export class ShredJournal {
  readonly #path: string;
  readonly #key: KeyObject;
  readonly #deployment: string;
  /** What it held when it was opened. */
  readonly shreds: readonly Shred[];

  /**
   * Opens the journal, or makes one.
   *
   * @param secret - The key of its MACs, in hex.
   * @throws SallyportError `custodian.store` with the line that isn't as it was written, or for another deployment's.
   */
  constructor(path: string, secret: string, deployment: string) {
    this.#path = path;
    const key = secretKey(Buffer.from(secret, "hex"));
    this.#key = key;
    this.#deployment = deployment;
    const whole = existsSync(path) ? readFileSync(path, "latin1").lastIndexOf("\n") + 1 : 0;
    this.shreds = whole === 0 ? [] : readShreds(path, key, deployment);
    if (existsSync(path) && whole < statSync(path).size) truncateSync(path, whole);
    // None, or one whose first line was torn: nothing was ever acknowledged there.
    if (whole === 0) this.#write(headOf(deployment));
  }

  /** Puts a shred behind the others; it is on disk when this returns, and nothing of it is where this throws. */
  append(shred: Shred): void {
    this.#write(`${lineOf(shred, macOf(this.#key, this.#deployment, shred))}\n`);
  }

  #write(text: string): void {
    const file = openSync(this.#path, "a", 0o600);
    const folder = openSync(dirname(this.#path), "r");
    const { size } = fstatSync(file);
    try {
      const { uid, gid } = statSync(dirname(this.#path));
      // Root may act offline for the one whose folder this is; the file stays theirs.
      if (process.geteuid?.() === 0) fchownSync(file, uid, gid);
      for (let at = 0, bytes = Buffer.from(text, "utf8"); at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
      fsyncSync(folder);
    } catch (error) {
      // Half a line would become one with the next.
      ftruncateSync(file, size);
      throw error;
    } finally {
      closeSync(file);
      closeSync(folder);
    }
  }
}
