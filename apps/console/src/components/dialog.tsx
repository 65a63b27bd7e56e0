"use client";

import dynamic from "next/dynamic";
import type { ReactNode } from "react";

const DialogWindow = dynamic(() => import("./dialog-window.tsx"), { ssr: false });

export interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  /** Called for Escape, the close button and a press outside. */
  readonly onClose: () => void;
  /** A dialog in the middle, a drawer at the side (below, on a narrow screen), or a palette near the top. */
  readonly shape?: "dialog" | "drawer" | "palette";
  /** An alert has to be answered: neither Escape nor a press outside closes it, and it has no close button. */
  readonly isAlert?: boolean;
  readonly children: ReactNode;
}

/**
 * Holds the focus while it is open and gives it back to what opened it. The page behind can't be reached meanwhile. The title is part of the
 * page: it never names a subject. Its window is fetched when the first one opens.
 */
export function Dialog({ isOpen, ...props }: DialogProps) {
  return isOpen ? <DialogWindow {...props} /> : null;
}

/** The part of a dialog or drawer that scrolls. `reads`: what it is called where it may be long and hold nothing to press, so that the keyboard scrolls it. */
export function DialogBody({ reads, children }: { readonly reads?: string; readonly children: ReactNode }) {
  if (reads === undefined) return <div className="dialog-body">{children}</div>;
  return (
    <section className="dialog-body" aria-label={reads} ref={reachable}>
      {children}
    </section>
  );
}

const reachable = (body: HTMLElement | null): void => {
  if (body !== null) body.tabIndex = 0;
};

/** Its buttons: the one that goes on comes last. */
export function DialogFoot({ children }: { readonly children: ReactNode }) {
  return <div className="dialog-foot">{children}</div>;
}
