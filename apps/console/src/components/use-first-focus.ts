"use client";

import { type RefObject, useEffect, useRef } from "react";

/**
 * Takes the focus when its component appears. Used inside a dialog, in a component of its own: the dialog first notes what had the focus
 * before, and gives it back when it closes.
 */
export function useFirstFocus<Element extends HTMLElement>(): RefObject<Element | null> {
  const element = useRef<Element>(null);
  useEffect(() => element.current?.focus(), []);
  return element;
}
