import { type KeyObject, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writePrivate } from "@sallyport/app-host";
import { hmacHex, secretKey } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { FILED, type FileFacts } from "./delivery.ts";

/** How a delivery was decided, and what is left for the site to read. Holds no value of a file and no name. */
export interface Outcome {
  readonly kind: keyof typeof FILED;
  /** Which of several deliveries of one name it is, from 1: where it is filed. */
  readonly turn: number;
  readonly document: Readonly<Record<string, unknown>>;
}

/** What is kept of a delivery between rounds, and over a crash. */
export interface Standing {
  /** By which the upload of it is one packet, however often it is gone on with. */
  readonly key: string;
  /** Null until the packet was begun. */
  readonly packetId: string | null;
  readonly files: readonly FileFacts[];
  readonly outcome: Outcome | null;
}

const FORM = /^([0-9a-f]{32})\.json$/;

/**
 * The drop's memory: a file for each delivery that is under way, readable to this user alone. A delivery stands there under a keyed
 * digest of its name, since names of folders and files may say whose data they hold.
 */
export class DropState {
  readonly #folder: string;
  readonly #key: KeyObject;

  /** Opens the folder, or makes it. @throws SallyportError `secret.missing` where what is in it can't be used. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    const file = join(folder, "names.key");
    if (!existsSync(file)) writePrivate(file, randomBytes(32));
    const bytes = readFileSync(file);
    if (bytes.length !== 32) throw new SallyportError("secret.missing", { file });
    this.#key = secretKey(bytes);
  }

  /** By what a delivery is called here, and in everything that is told of it. */
  idOf(name: string): string {
    return hmacHex(this.#key, name).slice(0, 32);
  }

  ids(): readonly string[] {
    return readdirSync(this.#folder).flatMap((name) => FORM.exec(name)?.[1] ?? []);
  }

  get(id: string): Standing | null {
    const file = this.#file(id);
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Standing) : null;
  }

  /** Durable when it returns. */
  put(id: string, standing: Standing): void {
    writePrivate(this.#file(id), JSON.stringify(standing));
  }

  forget(id: string): void {
    rmSync(this.#file(id), { force: true });
  }

  #file(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}
