"use client";

import Link from "next/link";
import type { ReactNode, Ref } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";

export type ButtonKind = "plain" | "primary" | "quiet" | "danger";

export interface ButtonProps extends Omit<AriaButtonProps, "className" | "style" | "children"> {
  readonly kind?: ButtonKind;
  /** The one thing that a page is for. */
  readonly isLarge?: boolean;
  /** A square one that shows an icon alone: then `aria-label` names it. */
  readonly isIcon?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
  readonly children: ReactNode;
}

const classOf = (kind: ButtonKind, isIcon = false, isLarge = false) => `button button-${kind}${isIcon ? " button-icon" : ""}${isLarge ? " button-large" : ""}`;

/** A button. While it is pending it can't be pressed again, keeps the focus, and says so. */
export function Button({ kind = "plain", isIcon = false, isLarge = false, children, ...props }: ButtonProps) {
  return (
    <AriaButton {...props} className={classOf(kind, isIcon, isLarge)}>
      {({ isPending }) => (
        <>
          {children}
          {isPending && (
            <span className="button-pending">
              <span className="visually-hidden">, working</span>
            </span>
          )}
        </>
      )}
    </AriaButton>
  );
}

/** A link that looks like a button: it goes somewhere, and does nothing. */
export function ButtonLink({ href, kind = "plain", children }: { readonly href: string; readonly kind?: ButtonKind; readonly children: ReactNode }) {
  return (
    <Link href={href} prefetch={false} className={classOf(kind)}>
      {children}
    </Link>
  );
}
