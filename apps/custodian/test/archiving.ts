import { lineOf, openNote, parseArchival, type ArchivalStatement, recordsFile } from "@sallyport/audit";
import { canonicalJson, sha256, sha256Hex } from "@sallyport/crypto";
import { approveAs, founders, type Person, statementOf } from "./people.ts";
import type { Running } from "./running.ts";

export const CHAIN = "site:S/701";
export const DAY_MS = 86_400_000;
/** As in `start`. */
export const KEPT_DAYS = 30;

/** People who may archive, and what they would archive now. */
export interface Ready {
  readonly ada: Person;
  readonly bob: Person;
  readonly manifest: string;
  readonly payload: Readonly<Record<string, string>>;
}

/** What a bundle's manifest says of a generation's records; the rest of it is nothing that the custodian looks at. */
export function manifestOf({ trail }: Running, generation: number): string {
  const lines = trail
    .rows(CHAIN)
    .filter((row) => row.generation === generation)
    .map(({ body, mac }) => `${lineOf(body, mac)}\n`)
    .join("");
  return `${canonicalJson({ v: 1, files: [{ name: recordsFile(generation), bytes: lines.length, sha256: sha256Hex(lines) }] })}\n`;
}

/** Has the chain go on in its next generation, whole as it is: its head was moved, that was an incident, and two people ended it. */
export async function closeGeneration(running: Running, ada: Person, bob: Person): Promise<void> {
  const { trail, client, custodian } = running;
  await client.sign({ kind: "checkpoint", chains: [CHAIN] }, 2000);
  const { generation } = trail.head(CHAIN);
  const ended = trail.head(CHAIN);
  trail.begin(CHAIN, generation + 1);
  await client.sign({ kind: "checkpoint", chains: [CHAIN] }, 2000).catch(() => undefined);
  await client.sign({ kind: "checkpoint", chains: [CHAIN] }, 2000);
  await trail.open(client, custodian.deployment, CHAIN, ended);
  const open = (await client.status({}, 2000)).incidents.filter((incident) => incident.ended === null);
  for (const incident of open) {
    const named = `incident=${incident.id};chain=${CHAIN};generation=${incident.generation};from=${incident.from};to=${incident.to};kind=${incident.kind}`;
    const statement = statementOf(running, ada, { kind: "incident.release", payload: { incidents: [named] } });
    await approveAs(running, bob, statement);
    await client.approve({ kind: "release", statement, response: ada.authenticator.assert(sha256(statement)) }, 2000);
  }
  await client.sign({ kind: "checkpoint", chains: [CHAIN] }, 2000);
}

/** What is to be approved of a generation, as it was signed. */
export async function payloadOf({ client }: Running, generation: number, manifest: string): Promise<Readonly<Record<string, string>>> {
  const mark = (await client.status({}, 2000)).marks.find((each) => each.chain === CHAIN && each.generation === generation);
  return { chain: CHAIN, generation: `${generation}`, size: `${mark?.size}`, root: mark?.root ?? "", head: mark?.mac ?? "", manifest: sha256Hex(manifest) };
}

/** A chain of seven records in a generation that is closed, and old enough. */
export async function ready(running: Running): Promise<Ready> {
  const [ada, bob] = await founders(running);
  running.trail.owner = running.custodian.deployment;
  await running.trail.append(running.client, running.custodian.deployment, CHAIN, 7);
  await closeGeneration(running, ada, bob);
  running.clock.advance(KEPT_DAYS * DAY_MS);
  const manifest = manifestOf(running, 1);
  return { ada, bob, manifest, payload: await payloadOf(running, 1, manifest) };
}

/** Asks, approves, and has it carried out. Answers what the custodian signed. */
export async function archive(running: Running, { ada, bob, manifest, payload }: Ready): Promise<ArchivalStatement> {
  const statement = statementOf(running, ada, { kind: "trail.archive", payload });
  await approveAs(running, bob, statement);
  const { note } = await running.client.approve({ kind: "archive", statement, response: ada.authenticator.assert(sha256(statement)), manifest }, 5000);
  return parseArchival(openNote(note, (await running.client.status({}, 2000)).checkpointKey.vkey));
}

/** Lets what goes on behind an answer come to its end. */
export const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resume) => setImmediate(resume));
};
