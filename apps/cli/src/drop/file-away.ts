import { FILED, MARKER } from "./delivery.ts";
import type { DropServer } from "./drop-server.ts";
import type { Outcome } from "./drop-state.ts";

const DOCUMENT = { accepted: "receipt", refused: "refusal" } as const;

/** Where a delivery is filed: under its own name, or with a number where one of that name was filed before. */
const filedAs = (name: string, turn: number): string => (turn === 1 ? name : `${name}-${turn}`);

/** The first turn of a name under which nothing is filed yet. */
export async function freeTurn(server: DropServer, root: string, kind: Outcome["kind"], name: string): Promise<number> {
  const taken = new Set((await server.list(`${root}/${FILED[kind]}`)).map((entry) => entry.name));
  const isTaken = (as: string): boolean => taken.has(as) || taken.has(`${as}.${DOCUMENT[kind]}.json`);
  let turn = 1;
  while (isTaken(filedAs(name, turn))) turn += 1;
  return turn;
}

/** Whether a decided delivery lies where it is filed. */
export async function isFiled(server: DropServer, root: string, name: string, { kind, turn }: Outcome): Promise<boolean> {
  return (await server.look(`${root}/${FILED[kind]}/${filedAs(name, turn)}`)) !== null;
}

/** The steps of filing, each of which may have been done before. */
export type FilingStep = "unmarked" | "receipted" | "moved";

/**
 * Removes the marker, leaves the receipt, and moves the delivery last: what lies in `accepted` or `refused` has its document beside it.
 * Goes on where it was broken off.
 */
export async function fileAway(server: DropServer, root: string, name: string, outcome: Outcome, tell: (step: FilingStep) => void): Promise<void> {
  const { kind, turn, document } = outcome;
  const target = `${root}/${FILED[kind]}/${filedAs(name, turn)}`;
  await server.remove(`${root}/${name}${MARKER}`);
  tell("unmarked");
  const paper = `${target}.${DOCUMENT[kind]}.json`;
  if ((await server.look(paper)) === null) await server.write(paper, `${JSON.stringify(document, null, 2)}\n`);
  tell("receipted");
  await server.rename(`${root}/${name}`, target);
  tell("moved");
}
