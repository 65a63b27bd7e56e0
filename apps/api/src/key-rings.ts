import type { KeyRings } from "@sallyport/api";
import type { Custodian } from "@sallyport/custody";
import type { RewrapStore } from "@sallyport/db";

/** Counting what each key wraps goes through every stored key. */
const RINGS_MS = 5000;
const STEP_MS = 5000;

/** The custodian's rings, and the re-wraps in the database, as the routers see them. */
export const keyRings = (custodian: Custodian, store: Pick<RewrapStore, "progress">): KeyRings => ({
  all: async () => (await custodian.rotate({ kind: "rings" }, RINGS_MS)).rings,
  step: async (asked) => (await custodian.rotate({ kind: "step", ...asked, statement: null }, STEP_MS)).ring,
  destroy: async (asked) => (await custodian.rotate({ kind: "step", step: "destroy", ...asked }, STEP_MS)).ring,
  rewraps: () => store.progress(),
});
