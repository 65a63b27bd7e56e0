import { GENERATION_OPEN, type Head, openingDetail, type SealBatch, ZERO_MAC } from "@sallyport/audit";
import type { RotateRequest } from "@sallyport/custody";
import { codeOf } from "@sallyport/errors";
import { draftOf } from "./memory-trail.ts";
import { approveAs, type Person, statementOf } from "./people.ts";
import type { Running } from "./running.ts";

type Step = Extract<RotateRequest, { readonly kind: "step" }>["step"];

/** Takes a step of a ring from where it is; answers its keys' states, or the failure's code. */
export async function turnRing({ client }: Running, ring: "audit" | "sign", step: Step, statement: string | null): Promise<string> {
  const at = (await client.rotate({ kind: "rings" }, 2000)).rings.find((each) => each.ring === ring)?.at ?? -1;
  return client.rotate({ kind: "step", ring, step, at, statement }, 2000).then(({ ring: { keys } }) => keys.map(({ id, state }) => `${id} ${state}`).join(", "), codeOf);
}

export const turnAudit = (running: Running, step: Step, statement: string | null = null): Promise<string> => turnRing(running, "audit", step, statement);

/** A statement that one asked for and another approved by passkey; `at` of a signing key that is turned back to. */
export async function approvedFor(running: Running, [ada, bob]: readonly [Person, Person], kind: "keys.activate" | "keys.destroy", key: string, at?: number): Promise<string> {
  const statement = statementOf(running, ada, { kind, payload: { key, ...(at !== undefined && { at: String(at) }) } });
  await approveAs(running, bob, statement);
  return statement;
}

/** Has the custodian sign a chain as it is committed. */
export const look = ({ client }: Running, chain: string): Promise<string> =>
  client.sign({ kind: "checkpoint", chains: [chain] }, 2000).then(({ checkpoints }) => checkpoints.map(({ generation, size }) => `${generation}/${size}`).join(" "), codeOf);

const openingAfter = (head: Head): SealBatch => ({
  head: { chain: head.chain, generation: head.generation + 1, seq: 0, mac: ZERO_MAC },
  drafts: [{ ...draftOf(head.chain, 1), action: GENERATION_OPEN, detail: openingDetail(head) }],
});

/** Asks for the seal of the record that opens a chain's next generation; nothing is committed. */
export const sealOpening = ({ client, trail }: Running, chain: string): Promise<string> => client.seal([openingAfter(trail.head(chain))], 2000).then(() => "sealed", codeOf);

/** Has a chain go on in its next generation, as the api does: signed, sealed, committed, and seen. */
export async function goOn(running: Running, chain: string): Promise<string> {
  await look(running, chain);
  commitOpening(running, chain, await sealedOpening(running, chain));
  return look(running, chain);
}

/** What the custodian sealed, and what it is. */
export async function sealedOpening({ client, trail }: Running, chain: string): Promise<Opening> {
  const batch = openingAfter(trail.head(chain));
  const [answer] = await client.seal([batch], 2000);
  return { batch, timestampUtc: answer?.timestampUtc ?? "", mac: answer?.macs[0] ?? "" };
}
export interface Opening {
  readonly batch: SealBatch;
  readonly timestampUtc: string;
  readonly mac: string;
}

/** Commits it, as one transaction of the database's does. */
export function commitOpening({ trail, custodian }: Running, chain: string, opening: Opening): void {
  trail.begin(chain, opening.batch.head.generation);
  trail.commit(custodian.deployment, opening.batch, { timestampUtc: opening.timestampUtc, macs: [opening.mac] });
}
