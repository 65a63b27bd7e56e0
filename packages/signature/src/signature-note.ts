import type { CredentialBasis, Standing } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";

/** What the custodian signs once it has verified a signature against its own store of credentials (docs/spec/signature-v1.md, section 3). */
export interface SignatureNote {
  readonly deployment: string;
  /** SHA-256 of the manifest's exact text, 64 lower-case hex digits. */
  readonly digest: string;
  readonly person: string;
  /** Of the passkey, base64url. */
  readonly credentialId: string;
  /** The passkey's public key, as {@link signerKeyOf} spells it. */
  readonly key: string;
  /** Where the passkey was used: scheme, host and port of the console. */
  readonly origin: string;
  readonly basis: CredentialBasis;
  readonly standing: Standing;
  /** By the custodian's clock, `YYYY-MM-DDTHH:MM:SS.mmmZ`: when the signature was given. */
  readonly at: string;
}

const TITLE = "sallyport/signature/v1";
const FORM =
  /^sallyport\/signature\/v1\n([a-z0-9]{1,64})\n([0-9a-f]{64})\n(per_[0-9a-hjkmnp-tv-z]{26})\n([A-Za-z0-9_-]{22,1364})\n((?:Ed25519 [A-Za-z0-9_-]{43}|P-256 [A-Za-z0-9_-]{86}))\n(https?:\/\/[a-z0-9.-]{1,253}(?::\d{1,5})?)\n(founding|own|invitation|recovery) (proven|attested)\n(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\n$/;

/** The text of the note, nine lines. */
export const signatureNoteText = ({ deployment, digest, person, credentialId, key, origin, basis, standing, at }: SignatureNote): string =>
  `${TITLE}\n${deployment}\n${digest}\n${person}\n${credentialId}\n${key}\n${origin}\n${basis} ${standing}\n${at}\n`;

/** Reads the text of a note that was opened under the deployment's key. @throws `note.invalid`. */
export function parseSignatureNote(text: string): SignatureNote {
  const [, deployment = "", digest = "", person = "", credentialId = "", key = "", origin = "", basis, standing, at] = FORM.exec(text) ?? [];
  if (at === undefined) throw new SallyportError("note.invalid", { what: "signature" });
  return { deployment, digest, person, credentialId, key, origin, basis: basis as CredentialBasis, standing: standing as Standing, at };
}
