"use client";

import { useEffect, useState, useSyncExternalStore } from "react";
import { liveSession } from "../api/live-session.ts";
import { checkSession } from "../api/send.ts";
import { useTell } from "../frame/notices.tsx";
import { coveredText, OpenValues } from "./open-values.ts";

const never = (): number => 0;

/**
 * The values that this page has open. They are covered when the page is out of sight, when it is left or kept for Back, when the session
 * ends, and by Escape wherever the focus is; what happened is said politely, without a value.
 */
export function useOpenValues(): OpenValues {
  const [values] = useState(() => new OpenValues(() => void checkSession()));
  const tell = useTell();
  useSyncExternalStore(values.subscribe, values.version, never);

  useEffect(() => {
    const hidden = () => {
      if (document.visibilityState === "hidden") values.cover("hidden");
    };
    const left = () => values.cover("left");
    const escape = (event: KeyboardEvent) => {
      if (event.key === "Escape") values.cover("asked");
    };
    const stopSession = liveSession.onEnd(() => values.cover("session"));
    const stopTelling = values.subscribe((covered) => {
      if (covered !== null) tell({ tone: "done", text: coveredText(covered.keys.length, covered.why) });
    });
    document.addEventListener("visibilitychange", hidden);
    addEventListener("pagehide", left);
    addEventListener("keydown", escape, true);
    return () => {
      document.removeEventListener("visibilitychange", hidden);
      removeEventListener("pagehide", left);
      removeEventListener("keydown", escape, true);
      stopSession();
      stopTelling();
      values.cover("left");
    };
  }, [values, tell]);
  return values;
}
