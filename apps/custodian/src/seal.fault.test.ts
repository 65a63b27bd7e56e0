import { ZERO_MAC } from "@sallyport/audit";
import { AuditEpochs } from "@sallyport/custody/incidents";
import { faultTest } from "@sallyport/testkit";
import { expect } from "vitest";
import { start } from "../test/running.ts";
import { Sealing } from "./seal.ts";

const HOUR_MS = 3_600_000;
const STAMP = /^(.{24})[0-9a-f]{64}$/;

faultTest("A15", "where the clock is put back an hour, records go on with the time that they had, and it is on record once each time", async (defence) => {
  const { custodian, clock } = await start();
  const { store, deployment } = custodian;
  const sealing = new Sealing(store, new AuditEpochs(store), clock.now, defence === "on" ? undefined : { stamp: () => new Date(clock.now()).toISOString() });
  const call = Buffer.from(`${deployment}\nsystem\t1\t0\t${ZERO_MAC}\t1\n-\t-\t-\t-\t-\t-\tnote\t-\t-\t-\t-`);
  const stamp = (): string => STAMP.exec(sealing.seal(call))?.[1] ?? "";
  const skews = (): readonly string[] => [...store.all("event").values()].filter(({ action }) => action === "clock.skew").map(({ detail }) => detail);

  const first = stamp();
  // Put right by what a time service does every day: no word of it.
  clock.advance(-4000);
  expect(stamp()).toBe(first);
  expect(skews()).toEqual([]);
  clock.advance(4000 - HOUR_MS);
  for (let n = 0; n < 3; n += 1) expect(stamp()).toBe(first);
  expect(skews()).toEqual(["behind_s=3600"]);
  clock.advance(HOUR_MS + 1000);
  expect(stamp() > first).toBe(true);
  clock.advance(-60_000);
  stamp();
  expect(skews()).toEqual(["behind_s=3600", "behind_s=60"]);
});
