import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkpointPair, makeBundle } from "./testing/memory-bundle.ts";
import { auditKey, sealLog } from "./testing/sealed-log.ts";
import { directoryReader } from "./bundle-folder.ts";
import { keyFingerprint, verifyBundle } from "./index.ts";

const log = { deployment: "dabcdefghijkl", chain: "site:STUDY/701", key: auditKey("ours") };
const pair = checkpointPair("ours");
const { files } = makeBundle({ ...log, pair, generations: [sealLog({ ...log, generation: 1, size: 4, seed: "first" })], checkpointSizes: [[2]] });
const verify = (): ReturnType<typeof verifyBundle> => verifyBundle(directoryReader(folder), { fingerprint: keyFingerprint(pair.raw) });
let base = "";
let folder = "";

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "sallyport-bundle-"));
  folder = join(base, "bundle");
  mkdirSync(folder);
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const intruders: Readonly<Record<string, (path: string, bytes: Buffer) => void>> = {
  "a pipe": (path) => void execFileSync("mkfifo", [path]),
  "a folder": (path) => mkdirSync(path),
  "a link to the same bytes": (path, bytes) => {
    writeFileSync(join(base, "outside"), bytes);
    symlinkSync(join(base, "outside"), path);
  },
};

test("the bundle is whole as it was written", async () => {
  expect((await verify()).reads).toBe("whole");
});

describe.each(Object.keys(intruders))("%s in the place of a file", (kind) => {
  test.each([...files.keys()])(
    "%s is a break",
    async (name) => {
      rmSync(join(folder, name));
      intruders[kind]?.(join(folder, name), files.get(name) as Buffer);
      const verdict = await verify();
      expect(verdict.reads).toBe("broken");
      expect(verdict.breaks[0]).toMatchObject({ kind: "altered", why: expect.stringMatching(/\S/) });
    },
    10_000,
  );
});

test.each([
  ["null", [null]],
  ["a number", [7]],
  ["a list", [[]]],
  ["an entry without a name", [{ bytes: 1, sha256: "" }]],
])("a manifest that lists %s is a break", async (_, listed) => {
  writeFileSync(join(folder, "manifest.json"), `${JSON.stringify({ files: listed, v: 1 })}\n`);
  expect((await verify()).breaks).toEqual([expect.objectContaining({ generation: 0, seq: 0, kind: "altered", why: "the manifest is not one that an export writes" })]);
});
