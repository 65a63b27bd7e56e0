import { approvalNoteText, signNote } from "@sallyport/audit";
import { parseApproveCall } from "@sallyport/custody";
import { countersign, type CredentialLedger, type SigningOptions, type SigningRules, strictSigningRules } from "@sallyport/custody/credentials";
import { type ArchivalOptions, type ArchivalRules, archiveGeneration, type ReleaseRules, releaseIncidents } from "@sallyport/custody/incidents";
import type { Store } from "./store.ts";

export interface Approving extends Omit<SigningOptions, "rules"> {
  readonly ledger: CredentialLedger;
  readonly store: Store;
  /** For tests that show what each rule is for. */
  readonly releaseRules?: ReleaseRules | undefined;
  readonly signingRules?: SigningRules | undefined;
  readonly archival: Pick<ArchivalOptions, "verifyNow" | "archiveAfterDays"> & { readonly rules: ArchivalRules | undefined };
  /** Has the database let go of what was archived. */
  readonly remove: () => Promise<void>;
}

/** Verb `approve`: people's credentials, a signed note for each approval that one of them gave and each document that one signed, and what they end by it. @throws as the ledger's acts. */
export async function approve(approving: Approving, payload: Buffer): Promise<string> {
  const { ledger, deployment, signer, store, now, releaseRules: rules } = approving;
  const request = parseApproveCall(payload);
  switch (request.kind) {
    case "founding":
      return JSON.stringify(ledger.founding(request));
    case "enrol":
      return JSON.stringify(await ledger.enrol(request));
    case "approve":
      return JSON.stringify({ note: signNote(approvalNoteText({ deployment, ...(await ledger.approve(request)) }), signer) });
    case "release":
      return JSON.stringify(await releaseIncidents({ store, deployment, prove: ledger.prove.bind(ledger), now, ...(rules !== undefined && { rules }) }, request));
    case "archive": {
      const answer = await archiveGeneration({ store, deployment, signer, prove: ledger.prove.bind(ledger), now, ...approving.archival }, request);
      // It is put down; where the removal fails, the next round does it.
      void approving.remove().catch(() => undefined);
      return JSON.stringify(answer);
    }
    case "sign":
      return JSON.stringify(await countersign({ ...approving, rules: approving.signingRules ?? strictSigningRules }, request));
    case "forget":
      return JSON.stringify(await ledger.forget(request));
  }
}
