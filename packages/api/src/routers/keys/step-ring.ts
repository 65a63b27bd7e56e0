import { StepRingInput, StepRingOutput } from "@sallyport/contracts";
import { sha256Hex } from "@sallyport/crypto";
import type { z } from "zod";
import type { Boundary } from "../../boundary/procedure.ts";
import { ringSummary } from "../../keys/ring-state.ts";
import { tellOwnAct } from "../../notices/own-act.ts";
import type { ApiDeps } from "../../ports.ts";
import { sealReason } from "../../sealed-reason.ts";
import { ownSession } from "../me/own-place.ts";
import { locateRing, ROTATE } from "./ring-place.ts";

/** What the proof is over: who, which ring, which step, and from where. */
export const ringStepDigest = (person: string, { ring, step, at }: Pick<z.output<typeof StepRingInput>, "ring" | "step" | "at">): string =>
  sha256Hex(`${["sallyport/ring-step/v1", person, ring, step, at].join("\n")}\n`);

/**
 * Takes one step of a ring, by somebody who may and proves anew who they are. The custodian proves what has to be so and takes it; asked again, it
 * says the same, so a record that couldn't be written is written by asking again.
 */
export const stepRing = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    { ...ROTATE, input: StepRingInput, output: StepRingOutput, evidence: true, locate: locateRing },
    {
      prepare: async ({ input: { ring, step, at, ...input }, grant, session, trace }) => {
        const { person } = ownSession(session);
        const reason = sealReason((await deps.referenceKeys()).change, grant, input.reason);
        await deps.stepUp.attest(person, input.proof, ringStepDigest(person, { ring, step, at }));
        const taken = await deps.rings.step({ ring, step, at });
        trace.note({ step, at: taken.at, proof: input.proof.kind, commitment: reason.commitment });
        return { taken, reason };
      },
      commit: async (tx, { input: { ring, step, proof }, grant }, { taken, reason }) => {
        await deps.changes.insert(tx, reason);
        await tellOwnAct(deps, tx, {
          kind: "proof.used",
          person: grant.person,
          act: `${step} of a ring of keys`,
          about: `ring/${ring}`,
          method: proof.kind,
          request: grant.requestId,
        });
        return { ring: ringSummary(taken, deps.now()) };
      },
    },
  );
