"use client";

import { Dialog as AriaDialog, Heading } from "react-aria-components/Dialog";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { Button } from "./button.tsx";
import type { DialogProps } from "./dialog.tsx";
import { Icon } from "./icon.tsx";

/** The window of a dialog that is open; see {@link DialogProps}. */
export default function DialogWindow({ title, onClose, shape = "dialog", isAlert = false, children }: Omit<DialogProps, "isOpen">) {
  return (
    <ModalOverlay
      isOpen
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
