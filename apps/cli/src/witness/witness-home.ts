import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { writePrivate } from "@sallyport/app-host";
import { type NoteSigner, witnessKeyOf } from "@sallyport/audit";
import { ed25519FromSeed, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { SeenLog, SeenLogs } from "./witness.ts";

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
    const { size, root } = JSON.parse(readFileSync(file, "utf8")) as Partial<SeenLog>;
    // Nothing is cosigned on half a memory.
    if (!Number.isSafeInteger(size) || root === undefined || !HASH.test(root)) throw new SallyportError("cursor.unreadable");
    return { size: Number(size), root };
  }

  save(origin: string, { size, root }: SeenLog): void {
    writePrivate(this.#file(origin), `${JSON.stringify({ origin, size, root })}\n`);
  }

  keepContradiction(origin: string, note: string): void {
    // One file a note, however often it is sent.
    writePrivate(join(this.#folder, "contradictions", `${sha256Hex(`${origin}\n${note}`)}.note`), note);
  }

  #file(origin: string): string {
    return join(this.#folder, "logs", `${sha256Hex(origin)}.json`);
  }
}
