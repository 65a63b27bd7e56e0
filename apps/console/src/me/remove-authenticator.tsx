"use client";

import { useChange } from "../api/use-change.ts";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { useTell } from "../frame/notices.tsx";
import { optionsOver, removalDigest } from "../proof/digest-challenge.ts";
import { Proof } from "../proof/proof.tsx";
import type { Authenticator, Me } from "./authenticators.tsx";

/** Removes an authenticator, upon a fresh proof: who finds an unlocked screen can't lock its owner out. */
export function RemoveAuthenticator({ me, authenticator, onClose }: { readonly me: Me; readonly authenticator: Authenticator; readonly onClose: () => void }) {
  const tell = useTell();
  const { authenticatorId, label, kind } = authenticator;
  const remove = useChange("me.removeAuthenticator", {
    refreshes: ["me.overview"],
    onDone: () => {
      tell({ tone: "done", text: `“${label}” no longer signs you in.` });
      onClose();
    },
  });
  const left = me.authenticators.filter((each) => each.authenticatorId !== authenticatorId);
  return (
    <Dialog title="Remove an authenticator" isOpen onClose={onClose}>
      <DialogBody>
        <p>
          <strong>{label}</strong> ({kind === "passkey" ? "passkey" : "password and code"}) will no longer prove who you are. {left.length === 1 && "You keep one authenticator."}
        </p>
        <Proof
          isAttested
          action="Remove"
          hasPassword={me.authenticators.some((each) => each.kind === "password")}
          challenge={
            me.authenticators.some((each) => each.kind === "passkey") ? async () => optionsOver(await removalDigest(me.personId, authenticatorId), location.hostname) : null
          }
          onProof={(proof) => remove.mutateAsync({ authenticatorId, proof })}
        />
      </DialogBody>
    </Dialog>
  );
}
