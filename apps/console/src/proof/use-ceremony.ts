"use client";

import { useCallback, useRef, useState } from "react";
import { toFailure, type WireFailure } from "../api/wire-failure.ts";
import { PasskeyError, type PasskeyFault } from "./passkey.ts";

/** What stands in the way of a ceremony: the browser's word, or the api's. */
export type CeremonyFault = { readonly by: "browser"; readonly fault: PasskeyFault } | { readonly by: "api"; readonly failure: WireFailure };

export interface Ceremony {
  readonly isBusy: boolean;
  readonly fault: CeremonyFault | null;
  /** Runs the steps once; a second press while they run does nothing. */
  readonly run: (steps: () => Promise<void>) => void;
  readonly clear: () => void;
}

/** Runs the steps of a ceremony, one ceremony at a time, and keeps what went wrong. */
export function useCeremony(): Ceremony {
  const isRunning = useRef(false);
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<CeremonyFault | null>(null);
  const run = useCallback((steps: () => Promise<void>) => {
    if (isRunning.current) return;
    isRunning.current = true;
    setBusy(true);
    setFault(null);
    steps()
      .catch((error: unknown) => setFault(error instanceof PasskeyError ? { by: "browser", fault: error.fault } : { by: "api", failure: toFailure(error) }))
      .finally(() => {
        isRunning.current = false;
        setBusy(false);
      });
  }, []);
  return { isBusy, fault, run, clear: useCallback(() => setFault(null), []) };
}
