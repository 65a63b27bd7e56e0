import { SallyportError } from "@sallyport/errors";

/** What somebody's credential rested on when the custodian took it in. */
export const CREDENTIAL_BASES = ["founding", "own", "invitation", "recovery"] as const;
export type CredentialBasis = (typeof CREDENTIAL_BASES)[number];

/** `proven`: the custodian saw for itself what it rested on, back to the founding links. `attested`: the api's word was taken. */
export type Standing = "proven" | "attested";

/** What the custodian signs once it has verified an approval against its own store (docs/spec/approval-v1.md, section 3). */
export interface ApprovalNote {
  readonly deployment: string;
  /** SHA-256 of the statement's exact text, 64 lower-case hex digits. */
  readonly digest: string;
  readonly person: string;
  /** Of the passkey, base64url. */
  readonly credentialId: string;
  readonly basis: CredentialBasis;
  readonly standing: Standing;
  /** By the custodian's clock, `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly at: string;
}

const TITLE = "sallyport/approval/v1";
const FORM =
  /^sallyport\/approval\/v1\n([a-z0-9]{1,64})\n([0-9a-f]{64})\n(per_[0-9a-hjkmnp-tv-z]{26})\n([A-Za-z0-9_-]{22,1364})\n(founding|own|invitation|recovery) (proven|attested)\n(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\n$/;

/** The text of the note, seven lines. */
export const approvalNoteText = ({ deployment, digest, person, credentialId, basis, standing, at }: ApprovalNote): string =>
  `${TITLE}\n${deployment}\n${digest}\n${person}\n${credentialId}\n${basis} ${standing}\n${at}\n`;

/** Reads the text of a note that was opened under the deployment's key. @throws `note.invalid`. */
export function parseApprovalNote(text: string): ApprovalNote {
  const [, deployment, digest, person, credentialId, basis, standing, at] = FORM.exec(text) ?? [];
  if (deployment === undefined || digest === undefined || person === undefined || credentialId === undefined || at === undefined)
    throw new SallyportError("note.invalid", { what: "approval" });
  return { deployment, digest, person, credentialId, basis: basis as CredentialBasis, standing: standing as Standing, at };
}
