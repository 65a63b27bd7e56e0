import { expect, test } from "vitest";
import { bundleFingerprint, honestBundle } from "../testing/bundle-operators.ts";
import { attacks } from "./attacks.ts";
import { drill, type DrillResult } from "./drill.ts";

const { files } = honestBundle(12);
const before = new Map([...files].map(([name, bytes]) => [name, Buffer.from(bytes)]));
/** Another place each time. */
const drawOf = (turn: number) => {
  let at = turn;
  return (min: number, max: number): number => min + ((at = (at * 7 + 3) % 1009) % (max - min + 1));
};
async function run(options: Partial<Parameters<typeof drill>[1]> = {}): Promise<readonly DrillResult[]> {
  const results: DrillResult[] = [];
  for await (const result of drill(files, { fingerprint: bundleFingerprint, draw: drawOf(1), ...options })) results.push(result);
  return results;
}

test("every attack is found, where it was made and by its kind, at many places; and the bundle is left as it is", async () => {
  for (let turn = 0; turn < 6; turn += 1) {
    const results = await run({ draw: drawOf(turn) });
    expect(results.map(({ attack }) => attack)).toEqual(Object.keys(attacks));
    for (const { attack, outcome, made, said, foundBy } of results) {
      expect([attack, outcome, said]).toEqual([attack, "found", made]);
      expect([attack, foundBy.length > 0]).toEqual([attack, true]);
    }
  }
  expect(files).toEqual(before);
});

test("what only a fingerprint from elsewhere finds is left out without one, and is found by it alone", async () => {
  const results = await run({ fingerprint: undefined });
  expect(results.filter(({ outcome }) => outcome !== "found").map(({ attack, outcome }) => [attack, outcome])).toEqual([["key-change", "left out"]]);
  expect((await run()).find(({ attack }) => attack === "key-change")?.foundBy).toEqual(["pin"]);
});

test("an attack that isn't found is said not to be", async () => {
  const nothing = { what: "nothing is done", make: () => ({ generation: 0, seq: 0, kind: "altered" }) } as const;
  expect(await run({ attacks: { nothing } })).toMatchObject([{ attack: "nothing", outcome: "not found", said: null, foundBy: [] }]);
});

test("a bundle of too few records gives no room for some, and the others are found", async () => {
  const { files: small } = honestBundle(3);
  const results: DrillResult[] = [];
  for await (const result of drill(small, { fingerprint: bundleFingerprint, draw: drawOf(2) })) results.push(result);
  expect(results.filter(({ outcome }) => outcome === "left out").map(({ attack }) => attack)).toEqual(["delete-middle", "insert", "swap", "duplicate", "splice"]);
  expect(results.filter(({ outcome }) => outcome === "not found")).toEqual([]);
});
