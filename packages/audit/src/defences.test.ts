import { describe, expect, test } from "vitest";
import { bundleFingerprint, bundleOperators, honestBundle } from "./testing/bundle-operators.ts";
import { deepLog, deepOperators, halfOf, markOf, onUnsigned } from "./testing/deep-operators.ts";
import { memoryReader } from "./testing/memory-bundle.ts";
import { sealLog } from "./testing/sealed-log.ts";
import { seededBytes } from "@sallyport/testkit";
import type { BundleDefence, DeepDefence, Holds } from "./defence.ts";
import { type Break, type BundleVerdict, DeepVerifier, type SealedRecord, verifyBundle } from "./index.ts";

const DEEP: readonly DeepDefence[] = ["columns", "origin", "link", "seq", "mac", "mark", "head"];
const BUNDLE: readonly BundleDefence[] = [
  "pin",
  "statement",
  "handover",
  "keys",
  "files",
  "manifest",
  "checkpoint",
  "checkpoint order",
  "checkpoint file",
  "root",
  "head",
  "canonical",
  "origin",
  "link",
  "seq",
  "opening",
  "leaves",
];
const TRIES = process.env["SALLYPORT_TEST_LONG"] === undefined ? 3 : 6;
const log: readonly SealedRecord[] = sealLog({ ...deepLog, size: 15, seed: "defences" });

/** Believes that the demands of some defences are met, whatever was found. */
const without =
  <Defence extends string>(off: readonly Defence[]): Holds<Defence> =>
  (defence, isMet) =>
    off.includes(defence) || isMet;
const but = <Defence>(all: readonly Defence[], some: readonly Defence[]): readonly Defence[] => all.filter((each) => !some.includes(each));

function drawOf(seed: string): (min: number, max: number) => number {
  const bytes = seededBytes(seed);
  return (min, max) => min + (bytes(4).readUInt32BE() % (max - min + 1));
}

describe("a generation, verified with its key", () => {
  const attacks = Object.entries(deepOperators).map(([name, { caughtBy, attack }]) => {
    const marked = onUnsigned.has(name) ? halfOf(log) : log.length;
    const attacked = Array.from({ length: TRIES }, (_, n) => attack(log, marked, drawOf(`${name} ${n}`)));
    const verdicts = (off: readonly DeepDefence[]): readonly (Break | null)[] =>
      attacked.map(({ records, head }) => {
        const verifier = new DeepVerifier({ ...deepLog, auditKey: deepLog.key, marks: [markOf(log, halfOf(log)), markOf(log, marked)] }, without(off));
        for (const record of records) verifier.push(record);
        return verifier.end(head);
      });
    return { name, caughtBy, attacked, verdicts };
  });

  test.each(attacks)("$name is found at its record, by its name", ({ attacked, verdicts }) => {
    expect(verdicts([])).toMatchObject(attacked.map(({ expected }) => expected));
  });

  test.each(attacks)("$name is found by each of its defences alone: $caughtBy", ({ caughtBy, verdicts }) => {
    for (const defence of caughtBy) expect([defence, verdicts(but(DEEP, [defence])).includes(null)]).toEqual([defence, false]);
  });

  test.each(attacks)("$name is found by nothing else", ({ caughtBy, verdicts }) => {
    expect(new Set(verdicts(caughtBy))).toEqual(new Set([null]));
  });

  test.each(DEEP)("without %s, just what nothing else finds goes unseen, and there is something", (defence) => {
    const unseen = attacks.filter(({ verdicts }) => verdicts([defence]).includes(null)).map(({ name }) => name);
    expect(unseen).toEqual(attacks.filter(({ caughtBy }) => caughtBy.join() === defence).map(({ name }) => name));
    expect(unseen.length).toBeGreaterThan(0);
  });
});

describe("a bundle, verified by its key's fingerprint", () => {
  const honest = honestBundle(9);
  const attacks = Object.entries(bundleOperators).map(([name, { caughtBy, attack }]) => {
    const handed = Array.from({ length: TRIES }, (_, n) => attack(honest, drawOf(`${name} ${n}`)));
    const verdicts = (off: readonly BundleDefence[]): Promise<readonly BundleVerdict[]> =>
      Promise.all(handed.map(({ files }) => verifyBundle(memoryReader(files), { fingerprint: bundleFingerprint }, without(off))));
    const isUnseen = async (off: readonly BundleDefence[]): Promise<boolean> => (await verdicts(off)).some(({ whole }) => whole);
    return { name, caughtBy, handed, verdicts, isUnseen };
  });

  test.each(attacks)("$name is found where it is, by its name", async ({ handed, verdicts }) => {
    expect((await verdicts([])).map(({ breaks }) => breaks[0])).toMatchObject(handed.map(({ expected }) => expected));
  });

  test.each(attacks)("$name is found by each of its defences alone: $caughtBy", async ({ caughtBy, isUnseen }) => {
    for (const defence of caughtBy) expect([defence, await isUnseen(but(BUNDLE, [defence]))]).toEqual([defence, false]);
  });

  test.each(attacks)("$name is found by nothing else", async ({ caughtBy, verdicts }) => {
    expect((await verdicts(caughtBy)).map(({ breaks }) => breaks)).toEqual(Array.from({ length: TRIES }, () => []));
  });

  test.each(BUNDLE)("without %s, just what nothing else finds goes unseen, and there is something", async (defence) => {
    const unseen: string[] = [];
    for (const { name, isUnseen } of attacks) if (await isUnseen([defence])) unseen.push(name);
    expect(unseen).toEqual(attacks.filter(({ caughtBy }) => caughtBy.join() === defence).map(({ name }) => name));
    expect(unseen.length).toBeGreaterThan(0);
  });

  test("without the signatures of the leaves a changed record is still found, and not named", async () => {
    const { handed, verdicts } = attacks.find(({ name }) => name === "field") ?? expect.unreachable();
    const found = await verdicts(["leaf"]);
    expect(found.map(({ whole }) => whole)).toEqual(handed.map(() => false));
    expect(found.map(({ breaks }) => breaks[0])).not.toMatchObject(handed.map(({ expected }) => expected));
  });
});
