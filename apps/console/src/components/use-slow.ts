"use client";

import { useEffect, useState } from "react";

const SLOW_MS = 400;

/** Whether something has gone on for so long that it has to be said. What ends sooner is told by its end. */
export function useSlow(isPending: boolean): boolean {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    if (!isPending) return undefined;
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => {
      clearTimeout(timer);
      setSlow(false);
    };
  }, [isPending]);
  return isPending && isSlow;
}
