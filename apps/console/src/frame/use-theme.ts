"use client";

import { useSyncExternalStore } from "react";
import { type Theme, themeCookie, themeOf } from "./theme.ts";

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function choose(theme: Theme): void {
  document.cookie = themeCookie(theme) + (location.protocol === "https:" ? "; Secure" : "");
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  for (const tell of listeners) tell();
}

const current = () => themeOf(document.cookie);
const onServer = (): Theme => "system";

/** The theme that the person chose in this browser, and how to choose another; `system` follows the browser's own. */
export const useTheme = (): readonly [Theme, (theme: Theme) => void] => [useSyncExternalStore(subscribe, current, onServer), choose];
