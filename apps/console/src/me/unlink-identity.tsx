"use client";

import { useChange } from "../api/use-change.ts";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { useTell } from "../frame/notices.tsx";
import { optionsOver, removalDigest } from "../proof/digest-challenge.ts";
import { Proof } from "../proof/proof.tsx";
import type { Me } from "./authenticators.tsx";
import type { LinkedIdentity } from "./linked-identities.tsx";

/** Unlinks an identity, upon a fresh proof by what the person signs in with here. */
export function UnlinkIdentity({ me, identity, onClose }: { readonly me: Me; readonly identity: LinkedIdentity; readonly onClose: () => void }) {
  const tell = useTell();
  const host = new URL(identity.issuer).host;
  const unlink = useChange("me.unlinkProvider", {
    refreshes: ["me.provider"],
    onDone: () => {
      tell({ tone: "done", text: `Your identity at ${host} no longer signs you in.` });
      onClose();
    },
  });
  return (
    <Dialog title="Unlink an identity" isOpen onClose={onClose}>
      <DialogBody>
        <p>
          Your identity at <strong>{host}</strong> will no longer sign you in. Your authenticators here stay as they are.
        </p>
        <Proof
          isAttested
          action="Unlink"
          hasPassword={me.authenticators.some((each) => each.kind === "password")}
          challenge={
            me.authenticators.some((each) => each.kind === "passkey") ? async () => optionsOver(await removalDigest(me.personId, identity.identityId), location.hostname) : null
          }
          onProof={(proof) => unlink.mutateAsync({ identityId: identity.identityId, proof })}
        />
      </DialogBody>
    </Dialog>
  );
}
