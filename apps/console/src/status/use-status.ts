"use client";

import { useCallback, useEffect, useReducer, useRef } from "react";
import { isStatusAnswer, type StatusAnswer } from "./status-answer.ts";
import { advance, type StatusView, viewOf } from "./status-view.ts";

const EVERY_MS = 5000;
const PATIENCE_MS = 4000;

async function fetchStatus(): Promise<StatusAnswer> {
  const response = await fetch("/api/status", { cache: "no-store", headers: { accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE_MS) });
  const body: unknown = response.ok ? await response.json() : null;
  if (!isStatusAnswer(body)) throw new TypeError("no status");
  return body;
}

/** The door's state, asked for each five seconds (or `everyMs`) while the page can be seen, and at once when it comes into sight. */
export function useStatus(initial: StatusAnswer | null, everyMs: number = EVERY_MS): { readonly view: StatusView; readonly checkNow: () => void } {
  const [view, dispatch] = useReducer(advance, initial, viewOf);
  const isAsking = useRef(false);

  const checkNow = useCallback(() => {
    if (isAsking.current) return;
    isAsking.current = true;
    fetchStatus()
      .then(
        (answer) => dispatch({ kind: "answered", answer }),
        () => dispatch({ kind: "failed", at: new Date().toISOString() }),
      )
      .finally(() => {
        isAsking.current = false;
      });
  }, []);

  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") checkNow();
    };
    look();
    const timer = setInterval(look, everyMs);
    document.addEventListener("visibilitychange", look);
    addEventListener("online", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
      removeEventListener("online", look);
    };
  }, [checkNow, everyMs]);

  return { view, checkNow };
}
