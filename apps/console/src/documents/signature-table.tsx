"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { sendCall } from "../api/send.ts";
import { toFailure, type WireFailure } from "../api/wire-failure.ts";
import { Button } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { saveFile } from "../components/save-file.ts";
import { Badge } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { MEANING_TEXT, type ShownSignature, standingOf } from "./document-kinds.ts";
import { ExactText } from "./shown-text.tsx";

const RevokeSignature = dynamic(async () => (await import("./revoke-signature.tsx")).RevokeSignature, { ssr: false });

/** A version's signatures as they stand, each with its manifest, on the page and in print, and a receipt to take away. */
export function SignatureTable({ documentId, signatures }: { readonly documentId: string; readonly signatures: readonly ShownSignature[] }) {
  const [failure, setFailure] = useState<WireFailure | null>(null);
  const [revoking, setRevoking] = useState<ShownSignature | null>(null);
  const takeReceipt = (signatureId: string): void => {
    setFailure(null);
    sendCall("signatures.receipt", { documentId, signatureId }).then(
      ({ receipt, fileName }) => saveFile(new Blob([receipt], { type: "application/json" }), fileName),
      (error: unknown) => setFailure(toFailure(error)),
    );
  };
  const columns: readonly Column<ShownSignature>[] = [
    {
      key: "who",
      title: "Signed by",
      isHeader: true,
      cell: ({ printedName, personId }) => (
        <>
          {printedName === "" ? "Not known" : printedName}
          <span className="row-under">{personId.slice(0, 12)}…</span>
        </>
      ),
    },
    { key: "says", title: "It says", cell: ({ meaning, state }) => (state === "broken" ? "nothing that holds" : MEANING_TEXT[meaning].title) },
    { key: "when", title: "When", cell: ({ signedAt }) => <Moment at={signedAt} /> },
    { key: "state", title: "Stands", cell: (signature) => <Badge tone={standingOf(signature).tone}>{standingOf(signature).text}</Badge> },
    {
      key: "acts",
      title: "What can be done",
      isAct: true,
      cell: (signature) => (
        <div className="signature-acts">
          {signature.state !== "broken" && (
            <Button aria-label={`Receipt of ${signature.printedName}'s ${signature.meaning}`} onPress={() => takeReceipt(signature.signatureId)}>
              Receipt
            </Button>
          )}
          {signature.isMine && signature.state === "valid" && (
            <Button kind="quiet" aria-label={`Revoke my ${signature.meaning}`} onPress={() => setRevoking(signature)}>
              Revoke
            </Button>
          )}
        </div>
      ),
    },
  ];
  return (
    <>
      <Table caption="Signatures" rows={signatures} keyOf={({ signatureId }) => signatureId} columns={columns} />
      {failure !== null && <Refusal failure={failure} isInline />}
      <div className="signature-manifests">
        {signatures.map(({ signatureId, printedName, meaning, manifest, digest }) => (
          <details key={signatureId}>
            <summary>
              Manifest of {printedName === "" ? "an unknown person" : printedName}&apos;s {meaning}
            </summary>
            <ExactText className="manifest" text={manifest} />
            <p className="quiet">
              SHA-256 <code className="document-digest">{digest}</code>
            </p>
          </details>
        ))}
      </div>
      <div className="printed">
        {signatures.map((signature) => (
          <Printed key={signature.signatureId} signature={signature} />
        ))}
      </div>
      {revoking !== null && <RevokeSignature documentId={documentId} signature={revoking} onClose={() => setRevoking(null)} />}
    </>
  );
}

/** What a printed copy has of a signature: name, time in UTC, meaning, how it stands, and the manifest to the letter. */
function Printed({ signature }: { readonly signature: ShownSignature }) {
  const { printedName, signedAt, meaning, manifest, digest } = signature;
  return (
    <section>
      <p>
        {printedName}, {signedAt}, {MEANING_TEXT[meaning].title}: {standingOf(signature).text}
      </p>
      <ExactText className="manifest" text={manifest} />
      <p>SHA-256 {digest}</p>
    </section>
  );
}
