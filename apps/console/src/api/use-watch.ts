"use client";

import { useEffect, useEffectEvent, useState } from "react";
import type { InputOf, OutputOf, WatchPath } from "./procedures.ts";
import { readWatch } from "./send.ts";
import { toFailure, type WireFailure } from "./wire-failure.ts";

/** `waiting`: it broke off and is opened again in a moment. `off`: not wanted, or the page is out of sight. */
export type WatchState = { readonly phase: "off" | "connecting" | "live" | "over" } | { readonly phase: "waiting" | "refused"; readonly failure: WireFailure };

export interface WatchOptions {
  readonly enabled?: boolean;
  /** For a watch that has an end, such as a verification: it is not opened again, neither after its end nor after a failure. */
  readonly isOnce?: boolean;
}

const OFF: WatchState = { phase: "off" };
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

/**
 * Watches while the component is there and the page can be seen, and opens the stream again where it broke off. A browser keeps six
 * connections to one host: a page has one watch open at a time, and closes it when it is out of sight.
 */
export function useWatch<P extends WatchPath>(path: P, input: InputOf<P>, onEvent: (event: OutputOf<P>) => void, options: WatchOptions = {}): WatchState {
  const { enabled = true, isOnce = false } = options;
  const [state, setState] = useState<WatchState>({ phase: "connecting" });
  const take = useEffectEvent(onEvent);
  const inputText = JSON.stringify(input);

  useEffect(() => {
    if (!enabled) return undefined;
    let open: AbortController | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let waitMs = FIRST_WAIT_MS;

    const failed = (error: unknown) => {
      const failure = toFailure(error);
      if (isOnce || !failure.facts.retry) {
        setState({ phase: "refused", failure });
        return;
      }
      setState({ phase: "waiting", failure });
      timer = setTimeout(run, waitMs);
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    };
    const run = () => {
      const mine = new AbortController();
      open = mine;
      setState({ phase: "connecting" });
      const seen = (event: OutputOf<P>) => {
        waitMs = FIRST_WAIT_MS;
        setState((now) => (now.phase === "live" ? now : { phase: "live" }));
        take(event);
      };
      readWatch(path, JSON.parse(inputText) as InputOf<P>, seen, mine.signal).then(
        () => {
          if (mine.signal.aborted) return;
          setState({ phase: "over" });
          if (!isOnce) timer = setTimeout(run, FIRST_WAIT_MS);
        },
        (error: unknown) => {
          if (!mine.signal.aborted) failed(error);
        },
      );
    };
    const stop = () => {
      open?.abort();
      open = null;
      clearTimeout(timer);
    };
    const look = () => {
      stop();
      if (document.visibilityState === "visible") run();
      else setState({ phase: "off" });
    };
    run();
    // What has an end goes on out of sight.
    if (!isOnce) document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      stop();
    };
  }, [enabled, inputText, isOnce, path]);

  return enabled ? state : OFF;
}
