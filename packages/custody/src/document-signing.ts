import { type NoteSigner, signNote } from "@sallyport/audit";
import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { isOwnApproval, manifestDigest, readSignatureManifest, signatureNoteText, signerKeyOf, SIGNING_MS, SKEW_MS } from "@sallyport/signature";
import type { CredentialStore } from "./credential-kinds.ts";
import type { CredentialLedger } from "./credential-ledger.ts";
import type { ApproveAnswers, ApproveRequest } from "./model.ts";

/** A signature is remembered this long: for lost answers, and well beyond the time in which its assertion is good. */
const REMEMBERED_MS = 86_400_000;

/** What a signature is held against, each by itself. A test that shows what one is for leaves it out; production takes {@link strictSigningRules}. */
export interface SigningRules {
  /** It is given within the time of its manifest, by the custodian's own clock. */
  readonly inTime: boolean;
  /** Whoever brought a document in doesn't approve it. */
  readonly separation: boolean;
  /** A manifest is signed once. */
  readonly once: boolean;
}
export const strictSigningRules: SigningRules = { inTime: true, separation: true, once: true };

export interface SigningOptions {
  readonly ledger: Pick<CredentialLedger, "asserted">;
  readonly store: CredentialStore;
  readonly deployment: string;
  /** The console's, as passkeys see it. */
  readonly origin: string;
  readonly signer: NoteSigner;
  readonly now: () => number;
  readonly rules?: SigningRules;
}

/**
 * Countersigns what a person signed with a passkey that the custodian holds as theirs (docs/spec/signature-v1.md, section 4). The same again gets the
 * same note: the first answer may have been lost on the way.
 *
 * @throws `verb.invalid` for what is no manifest; `verb.refused` for another deployment's, or another method's; `signature.challenge`;
 * `policy.separation`; `stepup.failed`.
 */
export async function countersign(options: SigningOptions, { manifest: text, response }: Extract<ApproveRequest, { readonly kind: "sign" }>): Promise<ApproveAnswers["sign"]> {
  const { ledger, store, deployment, origin, signer, now, rules = strictSigningRules } = options;
  const manifest = readSignatureManifest(text);
  if (manifest === null) throw new SallyportError("verb.invalid", { why: "manifest" });
  if (manifest.deployment !== deployment || manifest.method !== "passkey") throw new SallyportError("verb.refused", { why: "manifest" });
  const digest = manifestDigest(text);
  const proof = sha256Hex(response);
  const earlier = (): ApproveAnswers["sign"] | null => {
    const given = store.get("signature", digest);
    if (given === undefined || (!rules.once && given.proof !== proof)) return null;
    if (given.proof !== proof) throw new SallyportError("signature.challenge", { why: "used" });
    return { note: given.note };
  };
  const before = earlier();
  if (before !== null) return before;
  const lateMs = now() - Date.parse(manifest.preparedAt);
  if (rules.inTime && (lateMs < -SKEW_MS || lateMs >= SIGNING_MS)) throw new SallyportError("signature.challenge", { why: "time" });
  if (rules.separation && isOwnApproval(manifest)) throw new SallyportError("policy.separation");
  const { person, signature, document, version, meaning } = manifest;
  const { credentialId, publicKey, basis, standing } = await ledger.asserted(person, digest, response);
  // Another assertion over it may have come first meanwhile.
  const meanwhile = earlier();
  if (meanwhile !== null) return meanwhile;
  const at = new Date(now()).toISOString();
  const note = signNote(signatureNoteText({ deployment, digest, person, credentialId, key: signerKeyOf(publicKey), origin, basis, standing, at }), signer);
  for (const [id, { atMs }] of store.all("signature")) if (atMs + REMEMBERED_MS < now()) store.put("signature", id, null);
  store.put("signature", digest, { proof, note, atMs: now() });
  store.record("signature.verified", `signature/${signature}`, `by=${person};document=${document};version=${version};meaning=${meaning};basis=${basis};standing=${standing}`);
  await store.durable();
  return { note };
}
