import { setTimeout } from "node:timers/promises";
import { VerifyProgressEvent, VerifyProgressInput } from "@sallyport/contracts";
import type { Boundary } from "../../boundary/procedure.ts";
import { locateCrossings, scopeOf } from "../../crossings/crossing-scope.ts";
import type { ApiDeps } from "../../ports.ts";
import { placeOfChains } from "../trail/chain-place.ts";

/** How often it is said how far it is within a chain. */
const TELL_MS = 500;

/** Has the custodian verify chains deeply, one after the other, and says how far it is. Without names: every chain that is the caller's. */
export const verifyCrossings = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.watch(
    {
      action: "trail.verify",
      resource: "trail",
      input: VerifyProgressInput,
      output: VerifyProgressEvent,
      whenFrozen: "serve",
      locate: async ({ chains }, _trace, reach) => {
        if (chains === undefined) return locateCrossings(deps, "trail.verify", {}, reach);
        return { place: await placeOfChains(deps, chains), found: null };
      },
    },
    async function* (crossing, signal) {
      const { grant, input, trace } = crossing;
      const scope = input.chains === undefined ? scopeOf(crossing, "trail.verify", {}) : { grants: [grant], chains: [...new Set(input.chains)] };
      const chains = await deps.archive.toVerify(scope.grants, scope.chains);
      const totals = { of: chains.length, recordsOf: chains.reduce((sum, { records }) => sum + records, 0) };
      let done = 0;
      let recordsDone = 0;
      let broken = 0;
      yield { ...totals, done, recordsDone, chain: null, isLast: chains.length === 0 };
      for (const { chain, records } of chains) {
        if (signal.aborted) return;
        const run = deps.archive.verify(grant, [chain]);
        // Until it is awaited, its failure is nobody's.
        run.catch(() => undefined);
        let verdicts: Awaited<typeof run> | null = null;
        while ((verdicts = await Promise.race([run, setTimeout(TELL_MS, null, { ref: false })])) === null) {
          if (signal.aborted) return;
          const now = deps.archive.verifying();
          if (now?.chain === chain) yield { ...totals, done, recordsDone: recordsDone + Math.min(now.done, records), chain: null, isLast: false };
        }
        const verdict = verdicts.find((each) => each.broken !== null) ?? verdicts.at(-1) ?? null;
        done += 1;
        recordsDone += records;
        broken += verdict !== null && verdict.broken !== null ? 1 : 0;
        trace.note({ chains: done, broken });
        yield { ...totals, done, recordsDone, chain: verdict === null ? null : { ...verdict }, isLast: done === chains.length };
      }
    },
  );
