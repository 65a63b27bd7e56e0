"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { CallPath, InputOf, OutputOf, ProcedurePath } from "./procedures.ts";
import { sendCall } from "./send.ts";
import { toFailure, type WireFailure } from "./wire-failure.ts";

/** What became of one of many: nothing yet, or its answer, or why not. */
export type Outcome<P extends CallPath> =
  | { readonly state: "waiting" | "sending" }
  | { readonly state: "done"; readonly output: OutputOf<P> }
  | { readonly state: "failed"; readonly failure: WireFailure };

/** A key by which the same input, under the same name of a batch, happens once: 32 hex digits of SHA-256. */
async function batchKey(path: string, name: string, input: unknown): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify([path, name, input])));
  return [...new Uint8Array(digest).subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The same act many times over, one after the other. One that fails doesn't keep the others from being tried; what failed is tried again by
 * running the same inputs again, and what was done isn't done twice.
 *
 * @param name - What tells this batch from another with the same inputs.
 */
export function useBatch<P extends CallPath>(path: P, name: string, refreshes: readonly ProcedurePath[]) {
  const client = useQueryClient();
  const [outcomes, setOutcomes] = useState<readonly Outcome<P>[]>([]);
  const [isRunning, setRunning] = useState(false);
  const isGone = useRef(false);

  const run = async (inputs: readonly InputOf<P>[]): Promise<readonly Outcome<P>[]> => {
    const now: Outcome<P>[] = inputs.map((_, at) => (outcomes[at]?.state === "done" ? outcomes[at] : { state: "waiting" }));
    setRunning(true);
    for (const [at, input] of inputs.entries()) {
      if (now[at]?.state === "done" || isGone.current) continue;
      now[at] = { state: "sending" };
      setOutcomes([...now]);
      try {
        now[at] = { state: "done", output: await sendCall(path, input, { idempotencyKey: await batchKey(path, name, input) }) };
      } catch (error) {
        const failure = toFailure(error);
        now[at] = { state: "failed", failure };
        if (failure.endsSession) isGone.current = true;
      }
      setOutcomes([...now]);
    }
    setRunning(false);
    await Promise.all(refreshes.map((each) => client.invalidateQueries({ queryKey: [each] })));
    return now;
  };

  return {
    outcomes,
    isRunning,
    done: outcomes.filter(({ state }) => state === "done").length,
    failed: outcomes.filter(({ state }) => state === "failed").length,
    run,
    clear: () => setOutcomes([]),
  };
}
