"use client";

import { useMutation, useQueryClient, type UseMutationResult } from "@tanstack/react-query";
import { useRef } from "react";
import type { CallPath, InputOf, OutputOf, ProcedurePath } from "./procedures.ts";
import { sendCall } from "./send.ts";
import type { WireFailure } from "./wire-failure.ts";

export interface ChangeOptions<P extends CallPath> {
  readonly onDone?: (output: OutputOf<P>) => void;
  readonly onFailed?: (failure: WireFailure) => void;
  /** Calls whose answers this change makes stale. */
  readonly refreshes?: readonly ProcedurePath[];
}

/**
 * An act. It carries an idempotency key: the same input sent again after a failure has the same key, so that it happens once, however often
 * a person presses; once it succeeded, or with another input, it is another act.
 */
export function useChange<P extends CallPath>(path: P, options: ChangeOptions<P> = {}): UseMutationResult<OutputOf<P>, WireFailure, InputOf<P>> {
  const client = useQueryClient();
  const attempt = useRef<{ readonly input: string; readonly key: string } | null>(null);
  return useMutation<OutputOf<P>, WireFailure, InputOf<P>>({
    mutationFn: (input) => {
      const text = JSON.stringify(input);
      if (attempt.current?.input !== text) attempt.current = { input: text, key: crypto.randomUUID() };
      return sendCall(path, input, { idempotencyKey: attempt.current.key });
    },
    onError: (failure) => options.onFailed?.(failure),
    onSuccess: async (output) => {
      attempt.current = null;
      options.onDone?.(output);
      await Promise.all((options.refreshes ?? []).map((each) => client.invalidateQueries({ queryKey: [each] })));
    },
  });
}
