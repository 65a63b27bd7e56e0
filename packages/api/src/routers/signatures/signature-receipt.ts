import { ReceiptInput, ReceiptOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { receiptOf } from "../../signatures/receipt-of.ts";
import { signatureSummary } from "../../signatures/signature-summary.ts";
import { trailWords } from "../../signatures/trail-word.ts";
import { locateDocument } from "../documents/document-place.ts";

/** A signature's receipt, for whoever reads its document: it verifies without us. There is none of a signature that doesn't hold. */
export const signatureReceipt = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "document.read",
      resource: "ectd_sequence",
      input: ReceiptInput,
      output: ReceiptOutput,
      locate: ({ documentId }, trace) => locateDocument(deps, "ectd_sequence", documentId, trace),
    },
    async ({ input: { documentId, signatureId }, grant, trace }) => {
      const { row, version } = await deps.read(async (tx) => {
        const signature = (await deps.signatures.of(tx, grant, documentId)).find(({ id }) => id === signatureId);
        const versions = await deps.documents.versions(tx, grant, documentId);
        return { row: signature, version: versions.find((each) => each.version === signature?.version) };
      });
      if (row === undefined || version === undefined) throw new SallyportError("policy.denied");
      const words = await trailWords(deps, grant, [row]);
      const { why } = signatureSummary(row, version, { deployment: deps.deployment, vkeys: deps.signingKey().behind, person: grant.person, words });
      if (why !== null) throw new SallyportError("signature.invalid", { why });
      const { text: receipt, fingerprint } = await receiptOf(deps, grant, row, version);
      trace.note({ receipt: signatureId, digest: row.digest });
      return { receipt, fileName: `${signatureId}.receipt.json`, fingerprint };
    },
  );
