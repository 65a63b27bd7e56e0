import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "@sallyport/errors";
import { LOOK_MS, LockWatch } from "./lock-watch.ts";
import { type StandbyStanding, tellStanding } from "./standby-standing.ts";
import { type BeatingLock, isHolderAlive, lockStore } from "./store-lock.ts";

/** Between two looks at what it would need, and two attempts to take over that failed. */
const CHECK_MS = 2_000;
/** How long the supervisor has to end the one that hangs, before the store is read. */
const END_MS = 2_000;

interface Waiting<T> {
  readonly home: string;
  /** Whether it could take over, as far as that shows without a key. */
  readonly check: () => Promise<void>;
  /** Opens the store under this lock, and serves. The lock is let go of where it throws. */
  readonly open: (lock: BeatingLock) => Promise<T>;
  /** Hears how it stands, every two seconds. */
  readonly tell: (standing: StandbyStanding) => void;
  /** Hears that the process that has this lock hangs, and was taken over from: it is to be ended. */
  readonly taking: () => void;
}

/**
 * Opens the store, at once where nobody has it; otherwise waits, sealed, until its holder is gone or hangs. A first attempt that fails is the start's failure; one that
 * fails later is told, and made again, since what it lacks may come back.
 */
export async function whenFree<T>({ home, check, open, tell, taking }: Waiting<T>): Promise<T> {
  const watch = new LockWatch(home);
  let hasWaited = false;
  let lookedMs = Number.NEGATIVE_INFINITY;
  const say = (standing: StandbyStanding): void => {
    hasWaited = true;
    tellStanding(home, standing);
    tell(standing);
  };
  for (;;) {
    const seen = watch.look();
    if (seen.state !== "held") {
      try {
        const lock = lockStore(home, seen.state === "hung" ? seen.holder : null);
        if (seen.state === "hung") await ended(seen.holder, taking);
        const opened = await open(lock).catch((error: unknown) => {
          lock.release();
          throw error;
        });
        if (hasWaited) tellStanding(home, null);
        return opened;
      } catch (error) {
        const code = codeOf(error);
        if (code !== "custodian.locked") {
          if (!hasWaited && code !== "trail.unavailable") throw error;
          say({ state: "blocked", code });
          await sleep(CHECK_MS);
        }
      }
    } else if (performance.now() - lookedMs >= CHECK_MS) {
      lookedMs = performance.now();
      const code = await check().then(() => null, codeOf);
      say({ state: code === null ? "waiting" : "blocked", code });
    }
    await sleep(LOOK_MS);
  }
}

/** One that can't be ended goes on hanging; when it comes to, its lock is gone. */
async function ended(holder: string, taking: () => void): Promise<void> {
  taking();
  const untilMs = performance.now() + END_MS;
  while (isHolderAlive(holder) && performance.now() < untilMs) await sleep(LOOK_MS / 4);
}
