"use client";

import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { isReason, ReasonField } from "../components/reason-field.tsx";
import { WillRecord } from "../components/will-record.tsx";
import { useTell } from "../frame/notices.tsx";
import { optionsOver, revocationDigest } from "../proof/digest-challenge.ts";
import { Proof } from "../proof/proof.tsx";
import { MEANING_TEXT, type ShownSignature } from "./document-kinds.ts";

interface RevokeProps {
  readonly documentId: string;
  readonly signature: ShownSignature;
  readonly onClose: () => void;
}

/** Revokes a signature of one's own, with a reason and a fresh proof. It stays, and reads as revoked. */
export function RevokeSignature({ documentId, signature, onClose }: RevokeProps) {
  const tell = useTell();
  const me = useCall("me.overview", {});
  const [reason, setReason] = useState("");
  const [isTried, setTried] = useState(false);
  const { signatureId, meaning, personId, signedAt } = signature;
  const revoke = useChange("signatures.revoke", {
    refreshes: ["documents.getSequence"],
    onDone: () => {
      tell({ tone: "done", text: "Revoked. That it was given stays on record." });
      onClose();
    },
  });
  const has = (kind: "passkey" | "password"): boolean => me.data?.authenticators.some((each) => each.kind === kind) ?? false;
  return (
    <Dialog title="Revoke your signature" isOpen onClose={onClose}>
      <DialogBody>
        <p>
          Your signature of {signedAt.slice(0, 10)}, {MEANING_TEXT[meaning].title.toLowerCase()}, stays with the document and reads as revoked from now on. Receipts that were taken
          before don't tell of it.
        </p>
        <ReasonField value={reason} onChange={setReason} isTried={isTried} />
        <WillRecord withReason>
          <li>that you revoked it, with the digest of what it signed</li>
        </WillRecord>
        {me.data !== undefined && (
          <Proof
            isAttested
            action="Revoke"
            hasPassword={has("password")}
            isReady={isReason(reason)}
            onUnready={() => setTried(true)}
            challenge={has("passkey") ? async () => optionsOver(await revocationDigest(personId, signatureId), location.hostname) : null}
            onProof={(proof) => revoke.mutateAsync({ documentId, signatureId, reason: reason.trim(), proof })}
          />
        )}
      </DialogBody>
    </Dialog>
  );
}
