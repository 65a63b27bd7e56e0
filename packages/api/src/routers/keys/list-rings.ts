import { ListRingsInput, ListRingsOutput, RehearseRingInput, RehearseRingOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import { rehearsed } from "../../keys/ring-rehearsal.ts";
import type { RingState } from "../../keys/ring-ports.ts";
import { certificateSummary, ringsSummary, ringSummary } from "../../keys/ring-state.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateRing, ROTATE } from "./ring-place.ts";

async function allRings<Tx>({ rings, passwords }: Pick<ApiDeps<Tx>, "rings" | "passwords">): Promise<readonly RingState[]> {
  const [custodian, database] = await Promise.all([rings.all(), passwords()]);
  return database === null ? custodian : [...custodian, database];
}

/** How every ring stands, what can be done with it now, what is overdue; and how far data keys are wrapped anew. */
export const listRings = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "keys.read",
      resource: "key_ring",
      input: ListRingsInput,
      output: ListRingsOutput,
      locate: () => Promise.resolve({ place: { kind: "deployment" }, found: null }),
    },
    async ({ may }) => {
      const [look, database, jobs, reencryptions] = await Promise.all([deps.rings.look(), deps.passwords(), deps.rings.rewraps(), deps.reencryptions.all()]);
      const rings = database === null ? look.rings : [...look.rings, database];
      return {
        ...ringsSummary(rings, jobs, reencryptions, deps.now()),
        certificates: look.certificates.map((each) => certificateSummary(each, deps.now())),
        mayStep: may(ROTATE, { kind: "deployment" }),
      };
    },
  );

/** What stands on each key of a ring, what turning it does, what it would break now, what is overdue and why, and what updates itself. Changes nothing. */
export const rehearseRing = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ action: "keys.read", resource: "key_ring", input: RehearseRingInput, output: RehearseRingOutput, locate: locateRing }, async ({ input }) => {
    const [rings, fields] = await Promise.all([allRings(deps), input.ring === "kek" ? deps.rings.fields() : null]);
    const ring = rings.find((each) => each.ring === input.ring);
    if (ring === undefined) throw new SallyportError("internal");
    const summary = ringSummary(ring, deps.now());
    return { ring: summary, lines: [...rehearsed(summary, fields)] };
  });
