import type { SignatureSummary } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { DocumentRow, StandingSignature } from "@sallyport/phi";
import { manifestDigest, readSignatureManifest, type SignatureManifest, verifySignature } from "@sallyport/signature";
import type { z } from "zod";
import type { TrailWord } from "./trail-word.ts";

type Summary = z.input<typeof SignatureSummary>;

/** What a signature is held against: the version that it stands beside, and who asks. */
export interface Beside {
  readonly deployment: string;
  /** Verifier keys that a countersignature may be by. */
  readonly vkeys: readonly string[];
  readonly person: string;
  /** What the trail says of a signature that is the server's word. One that it doesn't know of is never valid. */
  readonly words: ReadonlyMap<string, TrailWord>;
}

/** A signature as it stands beside a version, verified now: whatever was changed in either shows. */
export function signatureSummary(row: StandingSignature, version: DocumentRow, beside: Beside): Summary {
  const { manifest, note, why } = judged(row, version, beside);
  const word = beside.words.get(row.id) ?? "none";
  const isUnproven = note === null && word === "none";
  const state = why !== null ? "broken" : row.revoked !== null ? "revoked" : row.supersededBy !== null ? "superseded" : isUnproven ? "unproven" : "valid";
  return {
    signatureId: row.id,
    version: row.version,
    state,
    why,
    meaning: row.meaning as Summary["meaning"],
    method: row.method as Summary["method"],
    standing: note?.standing ?? null,
    personId: row.person,
    printedName: manifest?.printedName ?? "",
    signedAt: note?.at ?? (typeof word === "object" ? word.at : new Date(row.atMs).toISOString()),
    digest: row.digest,
    manifest: row.manifest,
    supersedes: row.supersedes,
    supersededBy: row.supersededBy,
    revokedAt: row.revoked === null ? null : new Date(row.revoked.atMs).toISOString(),
    isMine: row.person === beside.person,
  };
}

interface Judged {
  readonly manifest: SignatureManifest | null;
  readonly note: ReturnType<typeof verifySignature>["note"] | null;
  /** What doesn't hold; null where everything does. */
  readonly why: string | null;
}

function judged(row: StandingSignature, version: DocumentRow, { deployment, vkeys, words }: Beside): Judged {
  const manifest = readSignatureManifest(row.manifest);
  const known = knownOf(row, version, deployment);
  const members = Object.keys(known) as (keyof SignatureManifest)[];
  if (manifest === null || manifestDigest(row.manifest) !== row.digest) return { manifest, note: null, why: "manifest" };
  if (row.assertion === null || row.note === null) {
    // The server's word stands for nothing but itself: a passkey's signature whose proof was taken away is none.
    if (manifest.method === "passkey") return { manifest, note: null, why: "assertion" };
    const other = members.find((name) => known[name] !== manifest[name]);
    if (other !== undefined) return { manifest, note: null, why: `other ${other}` };
    return { manifest, note: null, why: words.get(row.id) === "other" ? "record" : null };
  }
  try {
    const { note } = verifySignature({ manifest: row.manifest, assertion: row.assertion, note: row.note }, { vkeys, beside: known });
    return { manifest, note, why: null };
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code !== "signature.invalid") throw error;
    return { manifest, note: null, why: String(error.context["why"]) };
  }
}

/** What our own records say of the document and the signature, as a manifest would. */
const knownOf = (row: StandingSignature, version: DocumentRow, deployment: string): Partial<SignatureManifest> => ({
  deployment,
  signature: row.id,
  study: version.study,
  site: version.site,
  document: version.id,
  version: version.version,
  type: version.type,
  mediaType: version.mediaType,
  bytes: version.bytes,
  sha256: version.sha256,
  person: row.person,
  meaning: row.meaning as SignatureManifest["meaning"],
  method: row.method as SignatureManifest["method"],
  supersedes: row.supersedes,
});
