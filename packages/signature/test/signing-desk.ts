import { checkpointOrigin, checkpointText, encodeRecord, inclusionProof, leafHash, lineOf, merkleRoot, recordProofText, signNote } from "@sallyport/audit";
import { type HeldKey, heldKey } from "@sallyport/audit/testing";
import { newId } from "@sallyport/crypto";
import { readAttestation, registrationOptions, type RelyingParty, relyingParty } from "@sallyport/passkey";
import { SoftwareAuthenticator } from "@sallyport/passkey/testing";
import { manifestDigest, signatureManifest, type SignatureManifest } from "../src/signature-manifest.ts";
import { type SignatureNote, signatureNoteText } from "../src/signature-note.ts";
import { receiptText } from "../src/signature-receipt.ts";
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

/** By which keys a receipt is made, where it isn't the desk's own alone. */
export interface ReceiptKeys {
  readonly states?: HeldKey;
  readonly handovers?: readonly string[];
  /** The proof's, of which it names itself. */
  readonly proves?: HeldKey;
}

/** A deployment's key and one signer's passkey, for tests. */
export class SigningDesk {
  readonly key: HeldKey = heldKey(newId("key"));
  readonly authenticator: SoftwareAuthenticator;
  readonly #party: RelyingParty;
  readonly #passkey: { readonly credentialId: string; readonly publicKey: string };

  private constructor(party: RelyingParty, authenticator: SoftwareAuthenticator, key: { readonly credentialId: string; readonly publicKey: string }) {
    this.#party = party;
    this.authenticator = authenticator;
    this.#passkey = key;
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
    {
      wrong = {},
      note = {},
      by = this.key,
    }: { readonly wrong?: Parameters<SoftwareAuthenticator["assert"]>[1]; readonly note?: Partial<SignatureNote>; readonly by?: HeldKey } = {},
  ): SignedManifest {
    const { deployment, person } = JSON.parse(manifest) as SignatureManifest;
    const digest = manifestDigest(manifest);
    const { credentialId, publicKey } = this.#passkey;
    const said = { deployment, digest, person, credentialId, key: signerKeyOf(publicKey), origin: this.#party.origin, basis: "invitation", standing: "proven" } as const;
    const text = signatureNoteText({ ...said, at: "2026-01-02T03:05:00.000Z", ...note });
    return { manifest, assertion: signingAssertion(this.authenticator.assert(Buffer.from(digest, "hex"), wrong)), note: signNote(text, by.signer) };
  }

  /** The receipt of a signature, its record between two others; what is given is recorded instead. */
  receipt(
    { manifest, assertion, note }: Pick<SignedManifest, "manifest"> & Partial<SignedManifest>,
    recorded: Readonly<Record<string, string>> = {},
    { states = this.key, handovers = [], proves = states }: ReceiptKeys = {},
  ): string {
    const said = JSON.parse(manifest) as SignatureManifest;
    const chain = said.site === null ? "system" : `site:${said.study}/${said.site}`;
    const draft = {
      chain,
      principal: "prn_0",
      role: "authorized_signer",
      workload: "spiffe://d/zone/edge/console",
      action: "submission.sign",
      resource: said.document,
      site: said.site === null ? "-" : `${said.study}/${said.site}`,
      decision: "allow" as const,
      reason: "allowed",
      request_id: "req_0",
      policy: "v1:0",
      detail: `rule=r;signature=${said.signature};digest=${manifestDigest(manifest)};version=${said.version}`,
      ...recorded,
    };
    const lines = [1, 2, 3].map((seq) => {
      const place = { deployment: said.deployment, generation: 1, seq, timestampUtc: "2026-01-02T03:05:00.100Z", prevMac: "0".repeat(64) };
      return lineOf(encodeRecord(seq === 2 ? draft : { ...draft, action: "document.read" }, place), "a".repeat(64));
    });
    const leaves = lines.map(leafHash);
    const checkpoint = signNote(checkpointText({ origin: checkpointOrigin(said.deployment, draft.chain, 1), size: 3, root: merkleRoot(leaves) }), proves.signer);
    const proof = recordProofText({ line: lines[1] ?? "", vkey: proves.vkey, handovers, index: 1, hashes: inclusionProof(leaves, 1), note: checkpoint });
    return receiptText({ manifest, assertion: assertion ?? null, note: note ?? null, proof, vkey: states.vkey, handovers });
  }
}
