import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { writePrivate } from "@sallyport/app-host";
import { type NoteSigner, witnessKeyOf } from "@sallyport/audit";
import { ed25519FromSeed, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Contradiction, SeenLog, SeenLogs } from "./witness.ts";

const SEED = /^[A-Za-z0-9_-]{43}\n$/;
const HASH = /^[0-9a-f]{64}$/;

/** A witness's folder: its key, made at the first start, and what it has seen of each log. */
export class WitnessHome implements SeenLogs {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    for (const name of ["logs", "contradictions"]) mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  }

  /** The witness's key under its name. @throws SallyportError `secret.weak` for a key file that isn't one. */
  signer(name: string): { readonly signer: NoteSigner; readonly vkey: string } {
    const file = join(this.#folder, "witness.key");
    if (!existsSync(file)) writePrivate(file, `${randomBytes(32).toString("base64url")}\n`);
    const text = readFileSync(file, "utf8");
    if (!SEED.test(text)) throw new SallyportError("secret.weak", { setting: "witness.key" });
    const { privateKey, raw } = ed25519FromSeed(Buffer.from(text.trim(), "base64url"));
    return { signer: { name, privateKey }, vkey: witnessKeyOf(name, raw) };
  }

  load(origin: string): SeenLog | null {
    const file = this.#file(origin);
    if (!existsSync(file)) return null;
    const { size, root, note = null } = JSON.parse(readFileSync(file, "utf8")) as Partial<SeenLog>;
    // Nothing is cosigned on half a memory.
    if (!Number.isSafeInteger(size) || root === undefined || !HASH.test(root)) throw new SallyportError("cursor.unreadable");
    return { size: Number(size), root, note };
  }

  save(origin: string, { size, root, note }: SeenLog): void {
    writePrivate(this.#file(origin), `${JSON.stringify({ origin, size, root, note })}\n`);
  }

  keepContradiction(origin: string, { seen, other, proof }: Contradiction): void {
    // One folder a pair, however often it is sent.
    const folder = join(this.#folder, "contradictions", sha256Hex(`${origin}\n${seen ?? ""}\n${other}`));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (seen !== null) writePrivate(join(folder, "seen.note"), seen);
    writePrivate(join(folder, "other.note"), other);
    if (proof.length > 0) writePrivate(join(folder, "proof.txt"), proof.map((hash) => `${hash.toString("base64")}\n`).join(""));
  }

  #file(origin: string): string {
    return join(this.#folder, "logs", `${sha256Hex(origin)}.json`);
  }
}
