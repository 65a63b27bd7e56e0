"use client";

import { type RefObject, useEffect, useRef } from "react";

/**
 * Takes the focus when its component appears, for itself or, with a selector, for what it finds within. Used inside a dialog, in a component of its own: the dialog first notes what had the focus
 * before, and gives it back when it closes.
 */
export function useFirstFocus<Element extends HTMLElement>(within: string | null = null): RefObject<Element | null> {
  const element = useRef<Element>(null);
  useEffect(() => (within === null ? element.current : element.current?.querySelector<HTMLElement>(within))?.focus(), [within]);
  return element;
}
