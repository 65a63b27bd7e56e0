import type { SearchScope } from "@sallyport/policy";
import type { ApiDeps } from "../ports.ts";
import { pause } from "./pause.ts";

const EVERY_MS = 200;
const TRIES = 15;

/** Waits, for three seconds at most, until what is on the trail now is searchable; answers whether it is. */
export async function caughtUp<Tx>(deps: Pick<ApiDeps<Tx>, "archive" | "search">, scope: SearchScope, signal: AbortSignal): Promise<boolean> {
  const heads = await deps.archive.statuses(scope.grants, scope.chains);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const positions = new Map((await deps.search.positions(scope)).map((position) => [position.chain, position]));
    const isBehind = heads.some(({ chain, generation, size }) => {
      const at = positions.get(chain);
      return size > 0 && (at === undefined || at.generation < generation || (at.generation === generation && at.seq < size));
    });
    if (!isBehind) return true;
    if (!(await pause(EVERY_MS, signal))) return false;
  }
  return false;
}
