import type { PeopleStores } from "@sallyport/people";

/**
 * Stops a person at once: their principal, every token issued until now, and their sessions, in one transaction; no node serves them a
 * second later. Answers how many sessions it ended. Who may be stopped so is for the caller to have decided.
 */
export async function suspendPerson<Tx>(stores: Pick<PeopleStores<Tx>, "people" | "sessions">, tx: Tx, person: string, nowMs: number): Promise<number> {
  await stores.people.setStatus(tx, person, "suspended", nowMs);
  return (await stores.sessions.endAll(tx, person, "suspended", nowMs)).length;
}
