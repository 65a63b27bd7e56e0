import { statSync } from "node:fs";
import { isHolderAlive, lockFile, readLock } from "./store-lock.ts";

/** How often a holder beats, and whoever waits looks. */
export const BEAT_MS = 500;
export const LOOK_MS = 200;
/** Looks without a beat between them, after which a holder hangs: four seconds. */
const LOOKS = 20;
/** The same for one that never beat, a minute: it opens the store, or holds it for one act. */
const LOOKS_OPENING = 300;

/** What a look at a store's lock showed. `hung` has the lock as it stands, to be taken from who holds it. */
export type Seen = { readonly state: "free" } | { readonly state: "held" } | { readonly state: "hung"; readonly holder: string };

/**
 * Watches who holds a store, by its lock alone. A holder that is gone is seen at the next look; one that lives and doesn't beat, after {@link LOOKS} looks.
 * Looks are counted, not time: a machine, or a process, that slept meanwhile takes nobody for hung.
 */
export class LockWatch {
  readonly #home: string;
  #found: string | null = null;
  #beatMs = 0;
  #looks = 0;

  constructor(home: string) {
    this.#home = home;
  }

  /** Looks once; to be called each {@link LOOK_MS}. */
  look(): Seen {
    const found = readLock(this.#home);
    if (found === null || !isHolderAlive(found)) return { state: "free" };
    const beatMs = statSync(lockFile(this.#home), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (found !== this.#found || beatMs !== this.#beatMs) this.#looks = 0;
    this.#found = found;
    this.#beatMs = beatMs;
    this.#looks += 1;
    return this.#looks > (beatMs === 0 ? LOOKS_OPENING : LOOKS) ? { state: "hung", holder: found } : { state: "held" };
  }
}
