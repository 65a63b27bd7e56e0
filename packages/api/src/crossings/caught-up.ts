import type { SearchScope } from "@sallyport/policy";
import type { ApiDeps } from "../ports.ts";
import { pause } from "./pause.ts";

const EVERY_MS = 200;
const TRIES = 15;

/** A chain of which the search hasn't everything that was on the trail: what stands after this record isn't found. */
export interface ChainBehind {
  readonly chain: string;
  readonly generation: number;
  readonly seq: number;
  /** Whether a break was found in it: then it may never come to be searchable. */
  readonly isBroken: boolean;
}

/** Waits, for three seconds at most, until what is on the trail now is searchable; answers which chains aren't. */
export async function chainsBehind<Tx>(deps: Pick<ApiDeps<Tx>, "archive" | "search">, scope: SearchScope, signal: AbortSignal): Promise<readonly ChainBehind[]> {
  const heads = await deps.archive.statuses(scope.grants, scope.chains);
  let behind: readonly ChainBehind[] = [];
  for (let tries = 0; tries < TRIES; tries += 1) {
    const positions = new Map((await deps.search.positions(scope)).map((position) => [position.chain, position]));
    behind = heads.flatMap(({ chain, generation, size, broken }) => {
      const at = positions.get(chain) ?? { generation: 1, seq: 0 };
      const isBehind = size > 0 && (at.generation < generation || (at.generation === generation && at.seq < size));
      return isBehind ? [{ chain, generation: at.generation, seq: at.seq, isBroken: broken !== null }] : [];
    });
    if (behind.length === 0 || !(await pause(EVERY_MS, signal))) return behind;
  }
  return behind;
}
