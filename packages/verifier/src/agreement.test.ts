import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type BundleVerdict, verifyBundle, verifyTrail } from "@sallyport/audit";
import { directoryReader } from "@sallyport/audit/bundle-folder";
import { asFound, bundleFingerprint, type BundleDefence, bundleOperators, honestBundle, type Holds, recomputeManifest } from "@sallyport/audit/testing";
import { codeOf } from "@sallyport/errors";
import { type Defence, faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { VerifyAnswer } from "./index.ts";

/** Each attack once, and some other changes; or many times. */
const RUNS = process.env["SALLYPORT_TEST_LONG"] === undefined ? 45 : 5_000;
/** Each of these starts a process of its own. */
const RUNS_ALONE = process.env["SALLYPORT_TEST_LONG"] === undefined ? 4 : 200;
/** Folders that Python verifies in one go. */
const FOLDERS = 45;
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const IN_PYTHON = join(import.meta.dirname, "../../audit/test-python/verify_bundle.py");
const FILES = join(import.meta.dirname, "../dist/files");
const golden = join(import.meta.dirname, "../../audit/vectors/bundle-v1");
const parts = ["archive-1", "archive-2", "rest"].map((name) => join(import.meta.dirname, "../../audit/vectors/bundle-v2", name));
const FINGERPRINT = "sha256:c4836bd13251d2145705b917f53e9d2cae023f4324159052e92b0e903e6e63f4";

type Bundle = ReadonlyMap<string, Buffer>;
/** A verdict, or the code of what was no bundle. */
type Answer = BundleVerdict | string;

const honest = filesIn(golden);
const scratch = mkdtempSync(join(tmpdir(), "sallyport-verifier-"));
let browser: Worker;

/** What a page's worker finds around it, put around the same file in a worker of Node's. */
const AS_IN_A_PAGE = `
const { parentPort } = require("node:worker_threads");
const { File } = require("node:buffer");
for (const name of ["process", "require", "Buffer"]) delete globalThis[name];
globalThis.self = {
  addEventListener: (_, listen) => parentPort.on("message", ({ files, ...rest }) => listen({ data: files === undefined ? rest : { ...rest, files: files.map(({ name, bytes }) => new File([bytes], name)) } })),
  postMessage: (answer) => parentPort.postMessage(answer),
};
`;

beforeAll(() => {
  browser = new Worker(`${AS_IN_A_PAGE}\n${readFileSync(join(FILES, "worker.js"), "utf8")}`, { eval: true });
  browser.on("error", (error) => {
    throw error;
  });
});
afterAll(async () => {
  await browser.terminate();
  rmSync(scratch, { recursive: true, force: true });
});

/** The files of a folder, by name. */
function filesIn(folder: string): Bundle {
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

async function inBrowser(bundle: Bundle, fingerprint: string | null): Promise<Answer> {
  return await asked({ files: [...bundle].map(([name, bytes]) => ({ name, bytes })), fingerprint });
}

async function asked(request: object): Promise<Answer> {
  const answered = new Promise<Answer>((resolve) => {
    const listen = (answer: VerifyAnswer): void => {
      if (answer.kind === "progress") return;
      browser.off("message", listen);
      resolve(answer.kind === "verdict" ? answer.verdict : answer.code);
    };
    browser.on("message", listen);
  });
  browser.postMessage(request);
  return await answered;
}

function folderOf(bundle: Bundle): string {
  const folder = mkdtempSync(join(scratch, "bundle-"));
  for (const [name, bytes] of bundle) writeFileSync(join(folder, name), bytes);
  return folder;
}

async function inLibrary(folder: string, fingerprint: string | null, holds: Holds<BundleDefence> = asFound): Promise<Answer> {
  return await verifyBundle(directoryReader(folder), fingerprint === null ? {} : { fingerprint }, holds).catch(codeOf);
}

/** The one file, copied to where nothing of ours is beside it. */
function alone(folder: string | readonly string[], fingerprint: string | null): { readonly code: number | null; readonly answer: Answer } {
  const place = join(scratch, "alone");
  mkdirSync(place, { recursive: true });
  const file = join(place, "sallyport-verify.mjs");
  writeFileSync(file, readFileSync(join(FILES, "sallyport-verify.mjs")));
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...[folder].flat(), "--json", ...(fingerprint === null ? [] : ["--key", fingerprint])], {
    cwd: place,
    encoding: "utf8",
    env: {},
  });
  return { code: status, answer: stdout === "" ? (stderr.split(":")[0] ?? "") : (JSON.parse(stdout) as BundleVerdict) };
}

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
}

function changedAnyhow(): Handed {
  const bundle = new Map(honest);
  const how = Array.from({ length: 1 + randomInt(2) }, () => {
    const [kind, name] = [pick(Object.keys(CHANGES)), pick([...bundle.keys()])];
    CHANGES[kind]?.(bundle, name);
    return `${name}: ${kind}`;
  });
  return { bundle, how: how.join(", "), fingerprint: pick([FINGERPRINT, null]) };
}

const base = honestBundle(8);
const attacks = Object.entries(bundleOperators);

/** Each attack in turn, those included into which a custodian was fooled, and each fifth time any change of bytes, lines and files. */
function handed(run: number): Handed {
  if (run % 5 === 4) return changedAnyhow();
  const [how, { attack }] = attacks[(run - Math.floor(run / 5)) % attacks.length] ?? expect.unreachable();
  return { bundle: attack(base, (min, max) => randomInt(min, max + 1)).files, how, fingerprint: pick([bundleFingerprint, null]) };
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
    const { bundle, how, fingerprint } = handed(run);
    const folder = folderOf(bundle);
    const verdict = await inLibrary(folder, fingerprint);
    expect({ how, verdict: await inBrowser(bundle, fingerprint) }).toEqual({ how, verdict });
    if (run < RUNS_ALONE) expect({ how, answer: alone(folder, fingerprint).answer }).toEqual({ how, answer: verdict });
    if (typeof verdict === "string" || !verdict.whole) broken += 1;
    rmSync(folder, { recursive: true });
  }
  // A change of one byte by itself, or of two places by one line, is none.
  expect(broken).toBeGreaterThan(RUNS / 2);
}, 3_600_000);

/** What Python says of folders, by its own reading of the specifications. */
function inPython(folders: readonly string[], fingerprint: string | null, ...options: readonly string[]): readonly string[] {
  const { stdout, stderr } = spawnSync("python3", ["-B", IN_PYTHON, ...options, fingerprint ?? "-", ...folders], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.trimEnd().split("\n");
}

/** A verdict in the words of the verifier in Python, which names no record and no kind. */
const inAWord = (answer: Answer): string => {
  if (typeof answer === "string") return "none";
  if (!answer.whole) return "broken";
  return answer.pinned ? "whole" : "self-consistent";
};

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
        for (const fingerprint of [FINGERPRINT, bundleFingerprint, null]) {
          const some = many.filter((each) => each.fingerprint === fingerprint);
          const said = inPython(
            some.map(({ folder }) => folder),
            fingerprint,
          );
          for (const [n, { how, folder }] of some.entries()) expect({ how, word: said[n] }).toEqual({ how, word: inAWord(await inLibrary(folder, fingerprint, holdsBy(defence))) });
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
  expect(alone(join(scratch, "nowhere"), null).code).toBe(2);
});
