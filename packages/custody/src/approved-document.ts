import { approvalDigest, type ApprovalStatement, readApprovalStatement } from "@sallyport/audit";
import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { readPacketManifest } from "@sallyport/submission/manifest";
import type { CredentialStore } from "./credential-kinds.ts";

/** The kinds of document that the custodian signs, and the kind of approval that each needs. */
export const DOCUMENT_APPROVALS = { policy: "policy.change", profile: "profile.change", packet: "egress.release" } as const;
export type DocumentKind = keyof typeof DOCUMENT_APPROVALS;

/** What a document's approval is held against, each by itself. A test that shows what one is for leaves it out; production takes {@link strictDocumentRules}. */
export interface DocumentRules {
  /** The statement is of the one kind that changes such a document. */
  readonly kind: boolean;
  /** The statement names these very bytes. */
  readonly digest: boolean;
  /** What is to be signed as a packet is the manifest of one of this deployment's. */
  readonly manifest: boolean;
  /** It is in force by the custodian's own clock. */
  readonly inForce: boolean;
  /** As many persons approved as it needs. */
  readonly enough: boolean;
  /** Who asked isn't counted. */
  readonly separation: boolean;
  /** No approval that rests on the api's word is counted. */
  readonly proven: boolean;
}
export const strictDocumentRules: DocumentRules = { kind: true, digest: true, manifest: true, inForce: true, enough: true, separation: true, proven: true };

export interface DocumentApprovals {
  readonly store: Pick<CredentialStore, "all">;
  readonly deployment: string;
  readonly now: () => number;
  readonly rules?: DocumentRules;
}

/**
 * Refuses a document that people did not approve by passkey, as this custodian verified it (docs/spec/custody-v1.md, section 7).
 * Answers the digest of the approved statement.
 *
 * @param statement - The approval's exact text.
 * @throws SallyportError `verb.refused`, whatever is missing.
 */
export function assertDocumentApproved(
  { store, deployment, now, rules = strictDocumentRules }: DocumentApprovals,
  { kind, canonical, statement }: { readonly kind: DocumentKind; readonly canonical: string; readonly statement: string },
): string {
  const refused = (why: string): SallyportError => new SallyportError("verb.refused", { why, kind });
  const { said, digest } = countedApproval({ store, deployment, rules }, { kind: DOCUMENT_APPROVALS[kind], statement, refused });
  if (rules.digest && said.payload["digest"] !== sha256Hex(canonical)) throw refused("other document");
  if (kind === "packet" && rules.manifest && readPacketManifest(canonical)?.deployment !== deployment) throw refused("no manifest");
  if (rules.inForce && now() >= Date.parse(said.expiresAt)) throw refused("time");
  return digest;
}

/** The rules of {@link DocumentRules} that are about who approved what, whatever it is for. */
export type CountingRules = Pick<DocumentRules, "kind" | "enough" | "separation" | "proven">;

/**
 * Reads a statement of one kind, and counts who approved it by passkey, as this custodian verified it.
 *
 * @returns `lastMs`: when the latest of the approvals that count was verified here; `persons`: whose they are.
 * @throws what `refused` makes of what is missing.
 */
export function countedApproval(
  { store, deployment, rules }: { readonly store: Pick<CredentialStore, "all">; readonly deployment: string; readonly rules: CountingRules },
  { kind, statement, refused }: { readonly kind: string; readonly statement: string; readonly refused: (why: string) => SallyportError },
): { readonly said: ApprovalStatement; readonly digest: string; readonly lastMs: number; readonly persons: readonly string[] } {
  const said = readApprovalStatement(statement);
  if (said === null || said.deployment !== deployment) throw refused("statement");
  if (rules.kind && said.kind !== kind) throw refused("other kind");
  const digest = approvalDigest(statement);
  const given = new Map<string, number>();
  for (const entry of store.all("approval").values()) {
    if (entry.digest !== digest) continue;
    if (rules.separation && entry.person === said.requestedByPerson) continue;
    if (rules.proven && entry.standing !== "proven") continue;
    given.set(entry.person, Date.parse(entry.at));
  }
  if (given.size < (rules.enough ? said.needed : 1)) throw refused("approvals");
  return { said, digest, lastMs: Math.max(...given.values()), persons: [...given.keys()] };
}
