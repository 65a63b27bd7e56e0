import { approvalNoteText, type NoteSigner, signNote } from "@sallyport/audit";
import { parseApproveCall } from "@sallyport/custody";
import type { CredentialLedger } from "@sallyport/custody/credentials";
import { type ReleaseRules, releaseIncidents } from "@sallyport/custody/incidents";
import type { Store } from "./store.ts";

export interface Approving {
  readonly ledger: CredentialLedger;
  readonly deployment: string;
  readonly signer: NoteSigner;
  readonly store: Store;
  readonly now: () => number;
  /** For tests that show what each rule is for. */
  readonly releaseRules?: ReleaseRules | undefined;
}

/** Verb `approve`: people's credentials, and a signed note for each approval that one of them gave, and what they end by it. @throws as the ledger's acts. */
export async function approve({ ledger, deployment, signer, store, now, releaseRules: rules }: Approving, payload: Buffer): Promise<string> {
  const request = parseApproveCall(payload);
  switch (request.kind) {
    case "founding":
      return JSON.stringify(ledger.founding(request));
    case "enrol":
      return JSON.stringify(await ledger.enrol(request));
    case "approve":
      return JSON.stringify({ note: signNote(approvalNoteText({ deployment, ...(await ledger.approve(request)) }), signer) });
    case "release": {
      const prove = ledger.prove.bind(ledger);
      return JSON.stringify(await releaseIncidents({ store, deployment, prove, now, ...(rules !== undefined && { rules }) }, request));
    }
    case "forget":
      return JSON.stringify(await ledger.forget(request));
  }
}
