"use client";

import { useCall } from "../api/use-call.ts";
import { useMay } from "./me.ts";

const EVERY_MS = 30_000;

/** How many requests wait for this person's decision; 0 while it isn't known. */
export function useWaiting(): number {
  const mayRead = useMay("approval.read");
  const open = useCall("approvals.list", { show: "open" }, { enabled: mayRead, everyMs: EVERY_MS, isBackground: true });
  return open.data?.waiting ?? 0;
}
