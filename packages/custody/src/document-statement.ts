import { type NoteSigner, signNote } from "@sallyport/audit";
import { sha256Hex } from "@sallyport/crypto";
import { signPacketManifest } from "@sallyport/submission/sign";
import type { DocumentKind } from "./approved-document.ts";

/** The text that the custodian signs for a document: its kind, which deployment, and the SHA-256 of the document's canonical bytes. */
export const documentStatement = (kind: DocumentKind, deployment: string, canonical: string): string => `sallyport/${kind}/v1\n${deployment}\n${sha256Hex(canonical)}\n`;

/** {@link documentStatement} of a policy. */
export const policyStatement = (deployment: string, canonical: string): string => documentStatement("policy", deployment, canonical);

/** {@link documentStatement} of a classification profile. */
export const profileStatement = (deployment: string, canonical: string): string => documentStatement("profile", deployment, canonical);

/** The verifier key that a packet's manifest names as its signer's; null for what is none. */
export function signerNamedIn(canonical: string): string | null {
  try {
    const { vkey } = JSON.parse(canonical) as { readonly vkey?: unknown };
    return typeof vkey === "string" ? vkey : null;
  } catch {
    return null;
  }
}

/** What the custodian answers for a document: the JWS of a packet's manifest (sealed-packet-v1.md, section 3), of anything else the signed note of {@link documentStatement}. */
export const signedDocument = (kind: DocumentKind, deployment: string, canonical: string, signer: NoteSigner): string =>
  kind === "packet" ? signPacketManifest(canonical, signer.privateKey) : signNote(documentStatement(kind, deployment, canonical), signer);
