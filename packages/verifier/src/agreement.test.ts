import { randomInt } from "node:crypto";
import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { type BundleVerdict, verifyTrail } from "@sallyport/audit";
import { directoryReader } from "@sallyport/audit/bundle-folder";
import {
  asFound,
  badTurns,
  bothSign,
  bundleFingerprint,
  type BundleDefence,
  bundleOperators,
  heldKey,
  honestBundle,
  type Holds,
  recomputeManifest,
  turnOf,
} from "@sallyport/audit/testing";
import { canonicalJson } from "@sallyport/crypto";
import { type Defence, faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  alone,
  asked,
  type Bundle,
  cosigned,
  filesIn,
  FINGERPRINT,
  folderOf,
  golden,
  hasPython,
  inAWord,
  inBrowser,
  inLibrary,
  inPython,
  newestNote,
  scratchFolder,
  startVerifiers,
  stopVerifiers,
  WITNESS,
  withFile,
} from "../test/verifiers.ts";

/** Each attack once, and some other changes; or many times. */
const RUNS = process.env["SALLYPORT_TEST_LONG"] === undefined ? 45 : 5_000;
/** Each of these starts a process of its own. */
const RUNS_ALONE = process.env["SALLYPORT_TEST_LONG"] === undefined ? 4 : 200;
/** Folders that Python verifies in one go. */
const FOLDERS = 45;
const parts = ["archive-1", "archive-2", "rest"].map((name) => join(import.meta.dirname, "../../audit/vectors/bundle-v2", name));

const bare = filesIn(golden);
const honest = cosigned(bare, 2, newestNote(bare, 2));

beforeAll(startVerifiers);
afterAll(stopVerifiers);

const pick = <T>(from: readonly T[]): T => from[randomInt(from.length)] as T;

/** One change of a file's bytes, lines or place, at random. */
const CHANGES: Readonly<Record<string, (bundle: Map<string, Buffer>, name: string) => void>> = {
  "a byte is another": (bundle, name) => {
    const bytes = Buffer.from(bundle.get(name) ?? []);
    if (bytes.length > 0) bytes[randomInt(bytes.length)] = randomInt(256);
    bundle.set(name, bytes);
  },
  "a byte is gone": (bundle, name) => {
    const bytes = bundle.get(name) ?? Buffer.alloc(0);
    const at = randomInt(bytes.length + 1);
    bundle.set(name, Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]));
  },
  "it is cut": (bundle, name) => void bundle.set(name, (bundle.get(name) ?? Buffer.alloc(0)).subarray(0, randomInt((bundle.get(name)?.length ?? 0) + 1))),
  "a line is gone": (bundle, name) => inLines(bundle, name, (lines) => void lines.splice(randomInt(lines.length), 1)),
  "a line stands twice": (bundle, name) => inLines(bundle, name, (lines) => void lines.splice(randomInt(lines.length), 0, pick(lines))),
  "two lines have changed places": (bundle, name) =>
    inLines(bundle, name, (lines) => {
      const [one, other] = [randomInt(lines.length), randomInt(lines.length)];
      [lines[one], lines[other]] = [lines[other] ?? "", lines[one] ?? ""];
    }),
  "it begins with a byte order mark": (bundle, name) => void bundle.set(name, Buffer.concat([Buffer.from("\ufeff"), bundle.get(name) ?? Buffer.alloc(0)])),
  "it isn't there": (bundle, name) => void bundle.delete(name),
  "it is there twice": (bundle, name) => void bundle.set(`copy-${name}`, bundle.get(name) ?? Buffer.alloc(0)),
  "it is another one": (bundle, name) => void bundle.set(name, bundle.get(pick([...bundle.keys()])) ?? Buffer.alloc(0)),
};

function inLines(bundle: Map<string, Buffer>, name: string, change: (lines: string[]) => void): void {
  const lines = (bundle.get(name) ?? Buffer.alloc(0)).toString("latin1").split(/(?<=\n)/);
  change(lines);
  bundle.set(name, Buffer.from(lines.join(""), "latin1"));
}

interface Handed {
  readonly bundle: Bundle;
  readonly how: string;
  readonly fingerprint: string | null;
  readonly witness: string | null;
}

function changedAnyhow(): Handed {
  const bundle = new Map(honest);
  const how = Array.from({ length: 1 + randomInt(2) }, () => {
    const [kind, name] = [pick(Object.keys(CHANGES)), pick([...bundle.keys()])];
    CHANGES[kind]?.(bundle, name);
    return `${name}: ${kind}`;
  });
  return { bundle, how: how.join(", "), fingerprint: pick([FINGERPRINT, null]), witness: pick([WITNESS, null]) };
}

const base = honestBundle(8);
const attacks = Object.entries(bundleOperators);

/** Each attack in turn, those included into which a custodian was fooled, and each fifth time any change of bytes, lines and files. */
function handed(run: number): Handed {
  if (run % 5 === 4) return changedAnyhow();
  const [how, { attack }] = attacks[(run - Math.floor(run / 5)) % attacks.length] ?? expect.unreachable();
  return { bundle: attack(base, (min, max) => randomInt(min, max + 1)).files, how, fingerprint: pick([bundleFingerprint, null]), witness: null };
}

test("an honest bundle is whole for all three, and pinned by its key alone", async () => {
  const folder = folderOf(honest);
  for (const fingerprint of [FINGERPRINT, null, `sha256:${"0".repeat(64)}`]) {
    const verdict = await inLibrary(folder, fingerprint);
    expect(verdict).toMatchObject(fingerprint === FINGERPRINT ? { reads: "whole", pinned: true, records: 12 } : { pinned: false });
    expect(await inBrowser(honest, fingerprint)).toEqual(verdict);
    expect(alone(folder, fingerprint)).toEqual({ code: typeof verdict !== "string" && verdict.whole ? 0 : 1, answer: verdict });
  }
});

test(`of ${RUNS} bundles that were changed at random, each has one verdict, in a browser as in Node`, async () => {
  let broken = 0;
  for (let run = 0; run < RUNS; run++) {
    const { bundle, how, fingerprint, witness } = handed(run);
    const folder = folderOf(bundle);
    const verdict = await inLibrary(folder, fingerprint, witness);
    expect({ how, verdict: await inBrowser(bundle, fingerprint, witness) }).toEqual({ how, verdict });
    if (run < RUNS_ALONE) expect({ how, answer: alone(folder, fingerprint, witness).answer }).toEqual({ how, answer: verdict });
    if (typeof verdict === "string" || !verdict.whole) broken += 1;
    rmSync(folder, { recursive: true });
  }
  // A change of one byte by itself, or of two places by one line, is none.
  expect(broken).toBeGreaterThan(RUNS / 2);
}, 3_600_000);

/** As production verifies, or without looking at roots. */
const holdsBy = (defence: Defence): Holds<BundleDefence> => (defence === "on" ? asFound : (name, isMet) => name === "root" || isMet);

describe.skipIf(!hasPython)(`a fourth verifier, in Python and written from the specifications${hasPython ? "" : " (skipped: no python3)"}`, () => {
  faultTest(
    "A16",
    "a verifier in another language has the same verdict on every attack, and on any change of bytes, lines and files",
    async (defence) => {
      expect([FINGERPRINT, null].flatMap((fingerprint) => inPython([folderOf(honest)], fingerprint))).toEqual(["whole", "self-consistent"]);
      const words = new Set<string>();
      for (let run = 0; run < RUNS; run += FOLDERS) {
        const many = Array.from({ length: FOLDERS }, (_, n) => handed(run + n)).map((each) => ({ ...each, folder: folderOf(each.bundle) }));
        for (const [fingerprint, witness] of [FINGERPRINT, bundleFingerprint, null].flatMap((key) => [[key, WITNESS] as const, [key, null] as const])) {
          const some = many.filter((each) => each.fingerprint === fingerprint && each.witness === witness);
          if (some.length === 0) continue;
          const said = inPython(
            some.map(({ folder }) => folder),
            fingerprint,
            ...(witness === null ? [] : ["--witness", witness]),
          );
          for (const [n, { how, folder }] of some.entries())
            expect({ how, word: said[n] }).toEqual({ how, word: inAWord(await inLibrary(folder, fingerprint, witness, holdsBy(defence))) });
          for (const word of said) words.add(word);
        }
        for (const { folder } of many) rmSync(folder, { recursive: true });
      }
      expect(words).toContain("broken");
    },
    3_600_000,
  );
});

/** Pairs of what is given together, and whether it is one trail. */
const GIVEN: readonly (readonly [what: string, folders: () => readonly string[], whole: boolean])[] = [
  ["both archives and what is left", () => parts, true],
  ["in another order", () => parts.toReversed(), true],
  ["one archive missing", () => parts.slice(1), true],
  ["one of them twice", () => [...parts, parts[0] ?? ""], false],
  ["another bundle in the place of an archive", () => [...parts.slice(1), folderOf(honest)], false],
  ["a display name changed in an archive, and its manifest with it", () => [folderOf(renamed(filesIn(parts[0] ?? ""))), ...parts.slice(1)], false],
];

/** What nobody signs, changed so that the bundle by itself is whole still: only the digest under which it was archived shows it. */
function renamed(bundle: Bundle): Bundle {
  const files = new Map<string, Buffer<ArrayBufferLike>>([...bundle, ["names.json", Buffer.from("{}\n")]]);
  recomputeManifest(files);
  return files;
}

test("archived generations and what is left are one trail for all four verifiers, or for none", async () => {
  for (const [what, folders, whole] of GIVEN) {
    const given = folders();
    const verdict = await verifyTrail(given.map(directoryReader), { fingerprint: FINGERPRINT });
    expect({ what, whole: verdict.whole }).toEqual({ what, whole });
    const verdicts = [];
    for (const folder of given) verdicts.push(await inBrowser(filesIn(folder), FINGERPRINT));
    expect({ what, verdict: await asked({ verdicts }) }).toEqual({ what, verdict });
    expect({ what, answer: alone(given, FINGERPRINT).answer }).toEqual({ what, answer: verdict });
    if (hasPython) expect({ what, words: inPython(given, FINGERPRINT, "--together") }).toEqual({ what, words: [inAWord(verdict)] });
    if (hasPython) for (const folder of given) expect(inPython([folder], FINGERPRINT)).toEqual([inAWord(await inLibrary(folder, FINGERPRINT))]);
  }
});

const turned = ["turned", "turned-back", "archive", "rest"].map((name) => join(import.meta.dirname, "../../audit/vectors/bundle-handed-over", name));
/** Of the key that handed over, of the one that it handed over to, and of neither. */
const PINS = [FINGERPRINT, "of the second", `sha256:${"0".repeat(64)}`, null] as const;

test("bundles of before and after a turn of the signing key have one verdict, by whichever fingerprint, alone and together", async () => {
  const second = (await inLibrary(turned[0] ?? "", null)) as BundleVerdict;
  const words = new Map<string, string>();
  for (const pin of PINS) {
    const fingerprint = pin === "of the second" ? second.fingerprint : pin;
    const verdicts = await Promise.all(turned.map((folder) => inLibrary(folder, fingerprint)));
    for (const [n, folder] of turned.entries()) {
      expect(await inBrowser(filesIn(folder), fingerprint)).toEqual(verdicts[n]);
      expect(alone(folder, fingerprint).answer).toEqual(verdicts[n]);
      words.set(`${basename(folder)} ${pin}`, inAWord(verdicts[n] ?? "none"));
    }
    if (hasPython) expect(inPython(turned, fingerprint)).toEqual(verdicts.map(inAWord));
    const both = await verifyTrail(turned.slice(2).map(directoryReader), fingerprint === null ? {} : { fingerprint });
    if (hasPython) expect(inPython(turned.slice(2), fingerprint, "--together")).toEqual([inAWord(both)]);
    expect(await asked({ verdicts: verdicts.slice(2) })).toEqual(both);
    words.set(`both ${pin}`, inAWord(both));
  }
  const wordsOf = (pin: (typeof PINS)[number]) => [...turned.map((folder) => basename(folder)), "both"].map((name) => words.get(`${name} ${pin}`));
  expect(PINS.map(wordsOf)).toEqual([
    ["whole", "whole", "whole", "whole", "whole"],
    ["whole", "whole", "broken", "whole", "broken"],
    ["broken", "broken", "broken", "broken", "broken"],
    ["self-consistent", "self-consistent", "self-consistent", "self-consistent", "self-consistent"],
  ]);
});

const [ours, second] = [heldKey("ours"), heldKey("second")];
const said = (over: object): string => `sallyport-handover-v1\n${canonicalJson({ v: 1, from: ours.vkey, to: second.vkey, at: "2026-01-02T03:04:05.678Z", ...over })}\n`;
/** Handovers in place of a bundle's own, and whether they lead from its first key to its second. */
const HANDOVERS: readonly (readonly [what: string, handovers: readonly unknown[], whole: boolean])[] = [
  ["is another one of the same keys", [turnOf(ours, second)], true],
  ...badTurns(ours, second).map(([what, handovers]) => [what, handovers, false] as const),
  ["leads from what is no key", [bothSign(said({ from: "nobody" }), ours, second)], false],
  ["leads to what is half a key", [bothSign(said({ to: second.vkey.slice(0, second.vkey.lastIndexOf("+")) }), ours, second)], false],
  ["leads from a number", [bothSign(said({ from: 1 }), ours, second)], false],
  ["is no text", [1], false],
  ["isn't there", [], false],
];

test("a bundle whose handover is another one has one verdict for all four verifiers: whole where that leads from its first key to its second", async () => {
  const bundle = filesIn(turned[0] ?? "");
  const keys = JSON.parse(String(bundle.get("keys.json"))) as object;
  for (const [what, handovers, whole] of HANDOVERS) {
    const changed = withFile(bundle, "keys.json", `${canonicalJson({ ...keys, handovers })}\n`);
    const folder = folderOf(changed);
    const verdict = await inLibrary(folder, FINGERPRINT);
    expect({ what, verdict }).toMatchObject({ what, verdict: { whole } });
    expect({ what, verdict: await inBrowser(changed, FINGERPRINT) }).toEqual({ what, verdict });
    expect({ what, answer: alone(folder, FINGERPRINT).answer }).toEqual({ what, answer: verdict });
    if (hasPython) expect({ what, words: inPython([folder], FINGERPRINT) }).toEqual({ what, words: [inAWord(verdict)] });
  }
});

test("a bundle has one verdict, in whatever order its files are listed", async () => {
  const more: Bundle = new Map([...honest, ["longer.txt", Buffer.from("x")], ["a.txt", Buffer.from("y")]]);
  const reversed: Bundle = new Map([...more].reverse());
  expect(await inBrowser(reversed, null)).toEqual(await inBrowser(more, null));
});

test("what is no bundle is refused by its code, with exit status 2", async () => {
  const none: Bundle = new Map([["notes.txt", Buffer.from("nothing")]]);
  const folder = folderOf(none);
  expect(await inBrowser(none, null)).toBe("bundle.unreadable");
  expect(alone(folder, null)).toEqual({ code: 2, answer: "bundle.unreadable" });
  expect(alone(join(scratchFolder(), "nowhere"), null).code).toBe(2);
});
