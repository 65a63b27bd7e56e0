"use client";

import { useSyncExternalStore } from "react";
import { changeCount, type Draft } from "./draft.ts";

/** Whether anything would be lost with a draft. */
export const isChanged = (draft: Draft): boolean => changeCount(draft) > 0 || draft.tests.text !== draft.base.suite;

/** A page that is covered is left by the console itself: nobody is asked then. */
function warn(event: BeforeUnloadEvent): void {
  if (document.documentElement.dataset["covered"] === undefined) event.preventDefault();
}

let kept: Draft | null = null;
const listeners = new Set<() => void>();

/**
 * Keeps the draft while other pages of the console are looked at: in memory alone, for as long as the document lives. Before a reload takes a changed one
 * away, the browser asks.
 */
export function keepDraft(draft: Draft | null): void {
  kept = draft;
  if (draft !== null && isChanged(draft)) addEventListener("beforeunload", warn);
  else removeEventListener("beforeunload", warn);
  for (const tell of listeners) tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The draft that is kept, as it is now and as it changes. */
export const useKeptDraft = (): Draft | null =>
  useSyncExternalStore(
    subscribe,
    () => kept,
    () => null,
  );
