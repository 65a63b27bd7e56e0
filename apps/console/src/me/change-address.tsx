"use client";

import { useRef } from "react";
import { useChange } from "../api/use-change.ts";
import { AddressField, useAddress } from "../components/address-field.tsx";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { useTell } from "../frame/notices.tsx";
import { addressDigest, optionsOver } from "../proof/digest-challenge.ts";
import { Proof } from "../proof/proof.tsx";
import type { Me } from "./authenticators.tsx";

/** Changes the address, upon a fresh proof over it: who finds an unlocked screen can't turn the notices away. */
export function ChangeAddress({ me, onClose }: { readonly me: Me; readonly onClose: () => void }) {
  const tell = useTell();
  const typed = useAddress(me.noticeAddress ?? "");
  const { address } = typed;
  // What a passkey's proof is over has the moment in it.
  const at = useRef("");
  const set = useChange("me.setMyAddress", {
    refreshes: ["me.overview"],
    onDone: () => {
      tell({ tone: "done", text: address === null ? "You are no longer told by mail." : "From now on you are told there. The address before was told of the change." });
      onClose();
    },
  });
  const digest = async (): Promise<string> => {
    at.current = new Date().toISOString();
    return optionsOver(await addressDigest(me.personId, address, at.current), location.hostname);
  };
  return (
    <Dialog title="Where you are told" isOpen onClose={onClose}>
      <DialogBody>
        <AddressField typed={typed} hint="Empty for none. The address before, and the new one, are told of the change." />
        <Proof
          isAttested
          action="Change"
          isReady={typed.isWell}
          onUnready={typed.onTried}
          hasPassword={me.authenticators.some(({ kind }) => kind === "password")}
          challenge={me.authenticators.some(({ kind }) => kind === "passkey") ? digest : null}
          onProof={(proof) => set.mutateAsync({ address, at: proof.kind === "passkey" ? at.current : new Date().toISOString(), proof })}
        />
      </DialogBody>
    </Dialog>
  );
}
