import { PASSWORD_WINDOWS, type PasswordStep } from "@sallyport/db";
import { expect, test } from "vitest";
import { passwordRing } from "./password-ring.ts";

const S = 1_780_000_000;
const step = (generation: number, name: PasswordStep["step"], atS: number): PasswordStep => ({ generation, step: name, cause: "operator", atMs: (S + atS) * 1000, ended: 0 });
const ringOf = (steps: readonly PasswordStep[], holders: readonly string[] = []) => passwordRing({ steps: () => Promise.resolve(steps), holders: () => Promise.resolve(holders) });
const shown = async (steps: readonly PasswordStep[], holders: readonly string[] = []) =>
  (await ringOf(steps, holders))?.keys.map((key) => `${key.id} ${key.state} ${key.fromS - S}..${key.untilS === null ? "" : key.untilS - S} ${key.holders?.join(",") ?? "-"}`);

const FIRST = [step(1, "add", 0), step(1, "activate", 1)];
const SECOND = [...FIRST, step(2, "add", 100), step(2, "activate", 102)];

test("before the first passwords there is no ring", async () => {
  expect(await ringOf([])).toBeNull();
  expect(await ringOf([step(1, "add", 0)])).toBeNull();
});

test("a rotation goes from the next passwords over both to the one that is left, and says who is logged in by the ones before", async () => {
  expect(await shown(FIRST)).toEqual(["database-1 active 1.. -"]);
  expect(await shown([...FIRST, step(2, "add", 100)])).toEqual(["database-1 active 1.. -", "database-2 next 100.. -"]);
  const overlap = PASSWORD_WINDOWS.overlapMaxMs / 1000;
  expect(await shown(SECOND, ["sallyport-api"])).toEqual([`database-1 retiring 1..${102 + overlap} sallyport-api`, "database-2 active 102.. -"]);
  expect(await shown([...SECOND, step(1, "retire", 110)], ["another"])).toEqual(["database-1 retired 1..110 -", "database-2 active 102.. -"]);
});

test("of many generations the last are shown, with how often there was a step", async () => {
  const steps = Array.from({ length: 9 }, (_, at) => at + 1).flatMap((each) => [
    step(each, "add", each),
    step(each, "activate", each),
    ...(each < 9 ? [step(each, "retire", each + 1)] : []),
  ]);
  const ring = await ringOf(steps);
  expect(ring?.keys.map(({ id }) => id)).toEqual([5, 6, 7, 8, 9].map((each) => `database-${each}`));
  expect([ring?.at, ring?.windows?.ageMaxS]).toEqual([26, 90 * 86_400]);
});
