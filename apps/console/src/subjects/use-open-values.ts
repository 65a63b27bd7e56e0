"use client";

import { useEffect, useState, useSyncExternalStore } from "react";
import { liveSession } from "../api/live-session.ts";
import { checkSession } from "../api/send.ts";
import { useTell } from "../frame/notices.tsx";
import { coveredText, OpenValues } from "./open-values.ts";

/** So often a page with open values asks whether its session still stands: one that was ended elsewhere must not leave them in sight. */
const CHECK_MS = 10_000;

const never = (): number => 0;

/**
 * The values that this page has open. They are covered when the page is out of sight, when it is left or kept for Back, when the session
 * ends, and by Escape wherever the focus is; what happened is said politely, without a value.
 */
export function useOpenValues(): OpenValues {
  const [values] = useState(() => new OpenValues());
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
    const checking = setInterval(() => {
      if (values.count > 0) void checkSession();
    }, CHECK_MS);
    document.addEventListener("visibilitychange", hidden);
    addEventListener("pagehide", left);
    addEventListener("keydown", escape, true);
    return () => {
      clearInterval(checking);
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
