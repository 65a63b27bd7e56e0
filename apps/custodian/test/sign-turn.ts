import type { CustodianStatus } from "@sallyport/custody";
import { approvedFor, turnRing } from "./audit-turn.ts";
import type { Person } from "./people.ts";
import type { Running } from "./running.ts";

type Step = Parameters<typeof turnRing>[2];

/** How long after its making a signing key may be used, and how long the one before may end what it began. */
export const LEAD_MS = 60_000;
export const OVERLAP_MS = 7_200_000;

export const turnSign = (running: Running, step: Step, statement: string | null = null): Promise<string> => turnRing(running, "sign", step, statement);

export const keyOf = async ({ client }: Running): Promise<CustodianStatus["checkpointKey"]> => (await client.status({}, 2000)).checkpointKey;

/** A node that asks as the api does: the second time it says what it learnt the first time. */
export async function hear({ client }: Running, node = "node_1"): Promise<void> {
  const { signKeys } = await client.status({}, 2000);
  const known = signKeys.filter(({ state }) => state === "next" || state === "active" || state === "retiring").map(({ id }) => id);
  await client.status({ holds: { node, tokenKeys: [], signKeys: known } }, 2000);
}

/** Makes the next signing key and puts it in use, upon two persons' word. */
export async function turnOnce(running: Running, people: readonly [Person, Person], key: string): Promise<void> {
  await turnSign(running, "add");
  running.clock.advance(LEAD_MS);
  await hear(running);
  await turnSign(running, "activate", await approvedFor(running, people, "keys.activate", key));
}
