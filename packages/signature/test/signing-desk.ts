import { type NoteSigner, signNote, vkeyOf } from "@sallyport/audit";
import { generateEd25519, newId } from "@sallyport/crypto";
import { readAttestation, registrationOptions, type RelyingParty, relyingParty } from "@sallyport/passkey";
import { SoftwareAuthenticator } from "@sallyport/passkey/testing";
import { manifestDigest, signatureManifest, type SignatureManifest } from "../src/signature-manifest.ts";
import { type SignatureNote, signatureNoteText } from "../src/signature-note.ts";
import { signerKeyOf } from "../src/signer-key.ts";
import { signingAssertion } from "../src/signing-assertion.ts";
import type { SignedManifest } from "../src/verify-signature.ts";

/** A manifest as somebody might sign it. */
export const manifestOf = (over: Partial<SignatureManifest> = {}): string => {
  const { v: _v, ...parts } = {
    v: 1 as const,
    deployment: "dabcdefghijkl",
    signature: newId("sig"),
    study: "CDISCPILOT01",
    site: "701",
    document: newId("doc"),
    version: 2,
    type: "ectd_sequence",
    mediaType: "application/pdf",
    bytes: 48_213,
    sha256: "d".repeat(64),
    author: newId("per"),
    person: newId("per"),
    printedName: "Zoë Łuczak",
    meaning: "review" as const,
    method: "passkey" as const,
    accountability: "9".repeat(64),
    preparedAt: "2026-01-02T03:04:05.000Z",
    nonce: "erw_eT1vXDyvh5H37S0SWw",
    supersedes: null,
    ...over,
  };
  return signatureManifest(parts);
};

/** A deployment's key and one signer's passkey, for tests. */
export class SigningDesk {
  readonly vkey: string;
  readonly authenticator: SoftwareAuthenticator;
  readonly #signer: NoteSigner;
  readonly #party: RelyingParty;
  readonly #key: { readonly credentialId: string; readonly publicKey: string };

  private constructor(party: RelyingParty, authenticator: SoftwareAuthenticator, key: { readonly credentialId: string; readonly publicKey: string }) {
    const { privateKey, raw } = generateEd25519();
    this.#signer = { name: "dabcdefghijkl.sallyport", privateKey };
    this.vkey = vkeyOf(this.#signer.name, raw);
    this.#party = party;
    this.authenticator = authenticator;
    this.#key = key;
  }

  static async open(algorithm: -7 | -8 = -8): Promise<SigningDesk> {
    const party = relyingParty("https://console.sallyport.example");
    const authenticator = new SoftwareAuthenticator(party, { algorithm });
    const asked = { party, challenge: Buffer.alloc(32), userHandle: "per", username: "zoe", printedName: "Zoë", exclude: [], timeoutMs: 1000 };
    const { response } = JSON.parse(authenticator.create(await registrationOptions(asked))) as { response: { attestationObject: string } };
    return new SigningDesk(party, authenticator, readAttestation(party, response.attestationObject));
  }

  /** Signs and countersigns a manifest; what is given is said instead. */
  sign(
    manifest: string,
    { wrong = {}, note = {} }: { readonly wrong?: Parameters<SoftwareAuthenticator["assert"]>[1]; readonly note?: Partial<SignatureNote> } = {},
  ): SignedManifest {
    const { deployment, person } = JSON.parse(manifest) as SignatureManifest;
    const digest = manifestDigest(manifest);
    const { credentialId, publicKey } = this.#key;
    const said = { deployment, digest, person, credentialId, key: signerKeyOf(publicKey), origin: this.#party.origin, basis: "invitation", standing: "proven" } as const;
    const text = signatureNoteText({ ...said, at: "2026-01-02T03:05:00.000Z", ...note });
    return { manifest, assertion: signingAssertion(this.authenticator.assert(Buffer.from(digest, "hex"), wrong)), note: signNote(text, this.#signer) };
  }
}
