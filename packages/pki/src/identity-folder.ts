import { statSync } from "node:fs";
import { join } from "node:path";
import { IDENTITY_FILES, type Identity, readIdentity } from "./identity-files.ts";

/** Called with the identity that holds from now on. */
export type IdentityListener = (identity: Identity) => void;

/** How a folder is watched. */
export interface IdentityFolderOptions {
  /** Milliseconds between two looks; 2000 if absent. */
  readonly pollMs?: number;
  /** Told of a change that can't be read or a listener that threw; the last good identity stays, and the next look tries again. */
  readonly onError?: (error: unknown) => void;
}

/**
 * An identity that renews itself: watches the folder that the supervisor writes, and hands on each new certificate.
 * It polls, because file notifications don't cross every mount. Its timer keeps no process alive.
 */
export class IdentityFolder {
  readonly path: string;
  readonly #listeners = new Set<IdentityListener>();
  readonly #onError: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #current: Identity;
  #stamp: string;

  /** @throws SallyportError `secret.missing` or `secret.exposed`, as {@link readIdentity}. */
  constructor(path: string, options: IdentityFolderOptions = {}) {
    this.path = path;
    this.#onError = options.onError ?? (() => undefined);
    this.#stamp = stampOf(path);
    this.#current = readIdentity(path);
    this.#timer = setInterval(() => this.#look(), options.pollMs ?? 2000);
    this.#timer.unref();
  }

  /** The newest identity that was whole. */
  current(): Identity {
    return this.#current;
  }

  /** Calls the listener at each change from now on; answers how to stop that. */
  onChange(listener: IdentityListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stops watching. Safe to call twice. */
  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  #look(): void {
    try {
      const stamp = stampOf(this.path);
      if (stamp === this.#stamp) return;
      const identity = readIdentity(this.path);
      // Taken only when nothing moved while the files were read: otherwise the authorities could be of one generation and the key of the next.
      if (stampOf(this.path) !== stamp) return;
      this.#stamp = stamp;
      this.#current = identity;
    } catch (error) {
      this.#onError(error);
      return;
    }
    for (const listener of this.#listeners) {
      try {
        listener(this.#current);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}

/** Changes whenever one of the files is replaced or written. */
function stampOf(path: string): string {
  return Object.values(IDENTITY_FILES)
    .map((file) => {
      const facts = statSync(join(path, file), { bigint: true, throwIfNoEntry: false });
      return facts === undefined ? "-" : `${facts.ino}:${facts.mtimeNs}:${facts.size}`;
    })
    .join(" ");
}
