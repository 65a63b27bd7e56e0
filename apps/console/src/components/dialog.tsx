"use client";

import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading } from "react-aria-components/Dialog";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

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
 * page: it never names a subject.
 */
export function Dialog({ title, isOpen, onClose, shape = "dialog", isAlert = false, children }: DialogProps) {
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      isDismissable={!isAlert}
      isKeyboardDismissDisabled={isAlert}
      className={`overlay overlay-${shape}`}
    >
      <Modal className={`modal modal-${shape}`}>
        <AriaDialog role={isAlert ? "alertdialog" : "dialog"} className="dialog">
          <div className={shape === "palette" ? "visually-hidden" : "dialog-head"}>
            <Heading slot="title" level={2} className="dialog-title">
              {title}
            </Heading>
            {!isAlert && shape !== "palette" && (
              <Button kind="quiet" isIcon aria-label="Close" onPress={onClose}>
                <Icon name="close" />
              </Button>
            )}
          </div>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/** The part of a dialog or drawer that scrolls. */
export function DialogBody({ children }: { readonly children: ReactNode }) {
  return <div className="dialog-body">{children}</div>;
}

/** Its buttons: the one that goes on comes last. */
export function DialogFoot({ children }: { readonly children: ReactNode }) {
  return <div className="dialog-foot">{children}</div>;
}
