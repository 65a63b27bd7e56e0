import { SallyportError } from "@sallyport/errors";
import type { DocumentRow, StandingSignature } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import type { SignatureManifest } from "@sallyport/signature";
import type { ApiDeps } from "../ports.ts";

/** What somebody is about to sign, and in which session. */
export type Signing = Pick<SignatureManifest, "document" | "version" | "sha256" | "meaning" | "supersedes"> & { readonly session: string };

/**
 * Refuses to have signed what isn't the current version as it was shown, whole, in this session; what its author would approve; and what would stand
 * instead of something that it can't. Answers the version, and who brought it in.
 *
 * @throws SallyportError `policy.denied`, `signature.changed`, `signature.unseen`, `policy.separation`, `signature.state`.
 */
export async function assertSignable<Tx>(deps: ApiDeps<Tx>, tx: Tx, grant: Grant, signing: Signing): Promise<{ readonly current: DocumentRow; readonly author: string }> {
  const { document, version, sha256, meaning, supersedes, session } = signing;
  const [current] = await deps.documents.versions(tx, grant, document);
  if (current === undefined) throw new SallyportError("policy.denied");
  if (current.version !== version || current.sha256 !== sha256) throw new SallyportError("signature.changed");
  const shown = await deps.signatures.shown(tx, grant, document, session);
  if (shown.get(version) !== current.bytes) throw new SallyportError("signature.unseen");
  const [packet, signatures] = [await deps.packets.placeOf(current.packet), await deps.signatures.of(tx, grant, document)];
  if (packet === null) throw new SallyportError("policy.denied");
  const author = packet.ingestedByPerson;
  const mine = signatures.filter(({ person }) => person === grant.person);
  assertSeparate(
    meaning,
    author === grant.person,
    mine.filter((each) => each.version === version),
  );
  const before = mine.find(({ id }) => id === supersedes);
  if (supersedes !== null && (before === undefined || before.revoked !== null || before.supersededBy !== null)) throw new SallyportError("signature.state");
  return { current, author };
}

/** By person: who wrote a version doesn't approve it, and who approved it doesn't say that they wrote it. */
function assertSeparate(meaning: Signing["meaning"], isAuthor: boolean, mine: readonly StandingSignature[]): void {
  const has = (of: Signing["meaning"]): boolean => mine.some((each) => each.meaning === of);
  if ((meaning === "approval" && (isAuthor || has("authorship"))) || (meaning === "authorship" && has("approval"))) throw new SallyportError("policy.separation");
}
