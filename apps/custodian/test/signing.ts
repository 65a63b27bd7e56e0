import { randomBytes } from "node:crypto";
import { newId, sha256 } from "@sallyport/crypto";
import type { Misbehaviour } from "@sallyport/passkey/testing";
import { signatureManifest, type SignatureManifest } from "@sallyport/signature";
import type { Person } from "./people.ts";
import type { Running } from "./running.ts";

/** The manifest of a document that somebody else brought in, to be signed by this person now. */
export const manifestFor = ({ custodian, clock }: Running, who: Person, over: Partial<SignatureManifest> = {}): string => {
  const { v: _v, ...parts } = {
    v: 1 as const,
    deployment: custodian.deployment,
    signature: newId("sig"),
    study: "CDISCPILOT01",
    site: "701",
    document: newId("doc"),
    version: 1,
    type: "ectd_sequence",
    mediaType: "application/pdf",
    bytes: 4096,
    sha256: "d".repeat(64),
    author: newId("per"),
    person: who.id,
    printedName: "Ada Lovelace",
    meaning: "approval" as const,
    method: "passkey" as const,
    accountability: "9".repeat(64),
    preparedAt: new Date(clock.now()).toISOString(),
    nonce: randomBytes(16).toString("base64url"),
    supersedes: null,
    ...over,
  };
  return signatureManifest(parts);
};

/** Has this person sign it with the authenticator that they hold. */
export const signAs = (running: Running, who: Person, manifest: string, wrong: Misbehaviour = {}): Promise<{ readonly note: string }> =>
  running.client.approve({ kind: "sign", manifest, response: who.authenticator.assert(sha256(manifest), wrong) }, 2000);
