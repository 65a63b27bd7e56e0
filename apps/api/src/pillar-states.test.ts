import type { CustodianStatus } from "@sallyport/custody";
import { expect, test } from "vitest";
import { type PillarDeps, pillarStates } from "./pillar-states.ts";

const phi = (standby: CustodianStatus["standby"]): string | undefined => {
  const status = { standby, rootKey: "present", incidents: [], tokenKeys: [], crlNextUpdateS: 0 } as unknown as CustodianStatus;
  const deps = { now: () => 0, watch: { status: () => status, isReachable: true }, policy: { current: () => null }, isTrailUp: () => true, isFrozen: () => false };
  return pillarStates(deps as unknown as PillarDeps).find(({ pillar, state }) => pillar === "phi" && state === "ok")?.text;
};

test.each([
  ["nothing where there is none", null, ""],
  ["that it waits", { state: "waiting", code: null }, " A standby waits, sealed, to take over."],
  ["why it couldn't take over, which stops nothing yet", { state: "blocked", code: "custodian.older" }, " Its standby can't take over (custodian.older)."],
] as const)("the pillar of keys says of the standby %s", (_, standby, text) => {
  expect(phi(standby)).toBe(`Keys are opened by the custodian, for one crossing each.${text}`);
});
