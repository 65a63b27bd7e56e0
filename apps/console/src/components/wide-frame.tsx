"use client";

import { type ReactNode, useEffect, useRef } from "react";

/** Holds a table that stays one on every screen and scrolls by itself. Where it has to be scrolled the keyboard can reach it, and not elsewhere. */
export function WideFrame({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  const frame = useRef<HTMLElement>(null);
  useEffect(() => {
    const { current } = frame;
    if (current === null) return undefined;
    const sizes = new ResizeObserver(() => {
      if (current.scrollWidth > current.clientWidth || current.scrollHeight > current.clientHeight) current.tabIndex = 0;
      else current.removeAttribute("tabindex");
    });
    sizes.observe(current);
    for (const child of current.children) sizes.observe(child);
    return () => sizes.disconnect();
  }, []);
  return (
    <section ref={frame} className="wide-frame" aria-label={label}>
      {children}
    </section>
  );
}
