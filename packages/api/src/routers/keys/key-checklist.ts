import { KeyChecklistInput, KeyChecklistOutput, RecordKeyStepInput, RecordKeyStepOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Grant } from "@sallyport/policy";
import type { z } from "zod";
import type { Boundary } from "../../boundary/procedure.ts";
import { movesOf, moveSteps, type Step, turnsOf, turnSteps } from "../../keys/key-checklist.ts";
import type { ApiDeps } from "../../ports.ts";
import { openReason, sealReason } from "../../sealed-reason.ts";
import { locateRing, ROTATE } from "./ring-place.ts";

type RingOf = z.output<typeof KeyChecklistInput>["ring"];
interface Turns {
  readonly turns: readonly string[];
  readonly underWay: string | null;
  readonly stepsOf: (turn: string) => readonly Step[];
}

/** A ring's turns, or the root key's moves, as they stand. */
async function turnsNow<Tx>({ rings, passwords, now }: Pick<ApiDeps<Tx>, "rings" | "passwords" | "now">, ring: RingOf): Promise<Turns> {
  if (ring === "root") {
    const { root } = await rings.look();
    return { turns: movesOf(root), underWay: null, stepsOf: (turn) => moveSteps(root, turn) };
  }
  const found = ring === "database" ? await passwords() : (await rings.all()).find((each) => each.ring === ring);
  if (found === null || found === undefined) throw new SallyportError("policy.denied");
  return { ...turnsOf(found), stepsOf: (turn) => turnSteps(found, turn, now()) };
}

const ringOfTurn = (turn: string): RingOf => turn.slice(0, turn.lastIndexOf("-")) as RingOf;

/** What is to be done before, during and after one turn: what the product sees of it, and what persons said. */
const checklist = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ action: "keys.read", resource: "key_ring", input: KeyChecklistInput, output: KeyChecklistOutput, locate: locateRing }, async ({ input, grant, may }) => {
    const { turns, underWay, stepsOf } = await turnsNow(deps, input.ring);
    const said = (turn: string) => withSaid(deps, grant, turn, stepsOf(turn));
    const answer = async (turn: string) => ({ turn, turns: [...turns], steps: await said(turn), mayRecord: may(ROTATE, { kind: "deployment" }) });
    const asked = input.turn ?? underWay;
    if (asked !== null) {
      if (!turns.includes(asked)) throw new SallyportError("policy.denied");
      return answer(asked);
    }
    const [next, last] = turns;
    if (next === undefined) throw new SallyportError("internal");
    const before = last === undefined ? null : await answer(last);
    return before?.steps.some(({ isDone }) => !isDone) === true ? before : answer(next);
  });

async function withSaid<Tx>(deps: ApiDeps<Tx>, grant: Grant, turn: string, steps: readonly Step[]): Promise<z.input<typeof KeyChecklistOutput>["steps"]> {
  const rows = await deps.keySteps.of(grant, turn);
  const names = rows.length === 0 ? {} : await deps.names();
  const key = rows.length === 0 ? null : (await deps.referenceKeys()).change;
  return steps.map((step) => {
    const said = rows
      .filter((row) => row.step === step.step)
      .map(({ principal, atMs, note, evidence }) => ({
        by: names[principal] ?? principal,
        at: new Date(atMs).toISOString(),
        note: key === null ? "" : openReason(key, grant, note),
        evidence,
      }));
    return { ...step, isDone: step.isDone || said.length > 0, said };
  });
}

/** Says that a step was done that is left to a person. What the product sees by itself, nobody can say. */
const recordStep = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      ...ROTATE,
      input: RecordKeyStepInput,
      output: RecordKeyStepOutput,
      locate: ({ turn }, trace) => locateRing({ ring: ringOfTurn(turn) }, trace),
    },
    {
      prepare: async ({ input: { turn, step, note, evidence }, grant, trace }) => {
        const { turns, stepsOf } = await turnsNow(deps, ringOfTurn(turn));
        if (!turns.includes(turn) || !stepsOf(turn).some((each) => each.by === "person" && each.step === step)) throw new SallyportError("policy.denied");
        const sealed = sealReason((await deps.referenceKeys()).change, grant, note);
        trace.note({ turn, did: step, commitment: sealed.commitment, ...(evidence !== undefined && { evidence: evidence.sha256 }) });
        return sealed;
      },
      commit: async (tx, { input: { turn, step, evidence = null }, grant }, note) => {
        await deps.changes.insert(tx, note);
        await deps.keySteps.add(tx, grant, { turn, step, note: note.id, evidence, atMs: deps.now() });
        return { done: true as const };
      },
    },
  );

export const checklistProcedures = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) => ({
  checklist: checklist(boundary, deps),
  recordStep: recordStep(boundary, deps),
});
