import type { Detail } from "../boundary/trace.ts";
import type { ApiDeps } from "../ports.ts";

/** What this is done by: the request that asked for it, and the digest by which the custodian knows its approval; null for an act of one. */
interface Basis {
  readonly within: string | null;
  readonly approval: string | null;
}

/**
 * Ends all that somebody has, in one transaction: sessions, tokens, authenticators (the custodian's copies too), identities elsewhere, links,
 * assignments, and open requests that they made, approved or are concerned by. Who may be offboarded so is for the caller to have decided.
 * Answers what the record adds.
 */
export async function offboardPerson<Tx>(
  { people, approvals, credentials, now }: Pick<ApiDeps<Tx>, "people" | "approvals" | "credentials" | "now">,
  tx: Tx,
  person: string,
  { within, approval }: Basis,
): Promise<Detail> {
  const nowMs = now();
  const requests = await approvals.withdrawOf(tx, person, within, nowMs);
  const { sessions, assignments, credentialIds } = await people.people.offboard(tx, person, nowMs);
  // Before the commit: where the custodian can't forget them, nothing is done at all.
  if (credentialIds.length > 0) await credentials.forget(person, credentialIds, approval);
  return { sessions, assignments, passkeys: credentialIds.length, requests };
}
