"use client";

import { useState } from "react";
import { sendCall } from "../api/send.ts";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { useTell } from "../frame/notices.tsx";
import { enrolmentDigest, optionsOver } from "../proof/digest-challenge.ts";
import { FaultNotice } from "../proof/fault-notice.tsx";
import { type Registered, registerPasskey } from "../proof/passkey.ts";
import { Proof } from "../proof/proof.tsx";
import { useCeremony } from "../proof/use-ceremony.ts";
import type { Me } from "./authenticators.tsx";

interface Made extends Registered {
  readonly ceremony: string;
}

/** Adds a passkey in two steps: the new one is made, and then an earlier authenticator signs that it belongs to the same person. */
export function AddPasskey({ me, onClose }: { readonly me: Me; readonly onClose: () => void }) {
  const tell = useTell();
  const ceremony = useCeremony();
  const [label, setLabel] = useState("");
  const [made, setMade] = useState<Made | null>(null);
  const add = useChange("me.addPasskey", {
    refreshes: ["me.overview"],
    onDone: ({ authenticator }) => {
      tell({ tone: "done", text: `“${authenticator.label}” can sign you in from now on.` });
      onClose();
    },
  });
  const make = () =>
    ceremony.run(async () => {
      const { ceremony: id, options } = await sendCall("me.passkeyOptions", {});
      setMade({ ceremony: id, ...(await registerPasskey(options)) });
    });
  return (
    <Dialog title="Add a passkey" isOpen onClose={onClose}>
      {made === null ? (
        <>
          <DialogBody>
            <p>First the new passkey is made, on this device or on a security key. Then one that you have already signs for it.</p>
            <Field label="Name" value={label} onChange={setLabel} hint="For example “Laptop” or “Blue key”." maxLength={60} />
            <FaultNotice fault={ceremony.fault} />
          </DialogBody>
          <DialogFoot>
            <Button onPress={onClose}>Cancel</Button>
            <Button kind="primary" isPending={ceremony.isBusy} onPress={make}>
              Make the passkey
            </Button>
          </DialogFoot>
        </>
      ) : (
        <DialogBody>
          <p>The new passkey is made. Confirm it with what you sign in with now.</p>
          <Proof
            action="Confirm"
            hasPassword={me.authenticators.some(({ kind }) => kind === "password")}
            challenge={
              me.authenticators.some(({ kind }) => kind === "passkey") ? async () => optionsOver(await enrolmentDigest(me.personId, made.attestation), location.hostname) : null
            }
            onProof={(proof) => add.mutateAsync({ ceremony: made.ceremony, label: label.trim() || "Passkey", response: made.response, proof })}
          />
        </DialogBody>
      )}
    </Dialog>
  );
}
