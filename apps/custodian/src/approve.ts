import { approvalNoteText, type NoteSigner, signNote } from "@sallyport/audit";
import { parseApproveCall } from "@sallyport/custody";
import type { CredentialLedger } from "@sallyport/custody/credentials";

export interface Approving {
  readonly ledger: CredentialLedger;
  readonly deployment: string;
  readonly signer: NoteSigner;
}

/** Verb `approve`: people's credentials, and a signed note for each approval that one of them gave. @throws as the ledger's acts. */
export async function approve({ ledger, deployment, signer }: Approving, payload: Buffer): Promise<string> {
  const request = parseApproveCall(payload);
  switch (request.kind) {
    case "founding":
      return JSON.stringify(ledger.founding(request));
    case "enrol":
      return JSON.stringify(await ledger.enrol(request));
    case "approve":
      return JSON.stringify({ note: signNote(approvalNoteText({ deployment, ...(await ledger.approve(request)) }), signer) });
    case "forget":
      return JSON.stringify(await ledger.forget(request));
  }
}
