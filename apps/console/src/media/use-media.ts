"use client";

import { useCallback, useSyncExternalStore } from "react";

/** Whether a media query holds, as it is now and as it changes. On the server nothing is known of the screen, and it is false. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (changed: () => void) => {
      const media = matchMedia(query);
      media.addEventListener("change", changed);
      return () => media.removeEventListener("change", changed);
    },
    [query],
  );
  return useSyncExternalStore(
    subscribe,
    () => matchMedia(query).matches,
    () => false,
  );
}

export const NARROW = "(width < 48rem)";
export const STILL = "(prefers-reduced-motion: reduce)";
