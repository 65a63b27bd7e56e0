import { setTimeout as sleep } from "node:timers/promises";

/** Waits; false where the watch ended meanwhile. */
export const pause = (ms: number, signal: AbortSignal): Promise<boolean> => sleep(ms, true, { signal, ref: false }).catch(() => false);
