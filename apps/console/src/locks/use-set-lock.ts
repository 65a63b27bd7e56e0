"use client";

import { useChange } from "../api/use-change.ts";
import { useTell } from "../frame/notices.tsx";

/** Sets a lock, and tells how many sessions ended by it. */
export function useSetLock(onDone?: (lockId: string) => void) {
  const tell = useTell();
  return useChange("locks.set", {
    refreshes: ["locks.list", "people.list", "overview.get"],
    onDone: ({ lockId, sessionsEnded }) => {
      tell({ tone: "done", text: sessionsEnded === 0 ? "Locked. It holds within a second." : `Locked. ${sessionsEnded} session${sessionsEnded === 1 ? "" : "s"} ended.` });
      onDone?.(lockId);
    },
  });
}
