import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededBytes } from "@sallyport/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { operators, rowOf } from "./testing/mutations.ts";
import { auditKey, sealLog } from "./testing/sealed-log.ts";
import { DeepVerifier, parseLine, ZERO_MAC } from "./index.ts";

const script = join(import.meta.dirname, "../test-python/verify_chain.py");
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const log = { deployment: "dabcdefghijkl", chain: "site:STUDY/701", generation: 1, key: auditKey("ours") };
const records = sealLog({ ...log, size: 12, seed: "python" });
const MUTATIONS_PER_OPERATOR = 40;

const folder = mkdtempSync(join(tmpdir(), "sallyport-python-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Where {
  readonly seed: number;
  readonly strict: number;
}

/** What Python says of each text, in order. */
function inPython(texts: readonly string[]): readonly Where[] {
  const paths = texts.map((text, index) => {
    const path = join(folder, `${index}.jsonl`);
    writeFileSync(path, text);
    return path;
  });
  const key = log.key.export().toString("hex");
  const { stdout, stderr } = spawnSync("python3", [script, key, log.deployment, log.chain, String(log.generation), ...paths], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, seed, strict] = /^seed (\d+) strict (\d+)$/.exec(line) ?? [];
      return { seed: Number(seed), strict: Number(strict) };
    });
}

/** Where our own verifier says that it breaks, without any pins, which Python hasn't either. */
function inOurs(lines: readonly string[]): number {
  const verifier = new DeepVerifier({ ...log, auditKey: log.key, marks: [] });
  let prevMac = ZERO_MAC;
  for (const [index, line] of lines.entries()) {
    const mac = /"mac":"([^"]*)",/.exec(line)?.[1] ?? "";
    verifier.push({ chain: log.chain, generation: 1, seq: index + 1, prevMac, mac, body: line.replace(/"mac":"[^"]*",/, "") });
    prevMac = mac;
  }
  return verifier.end()?.seq ?? 0;
}

describe.skipIf(!hasPython)("a verifier in another language, written from the design (skipped where python3 is missing)", () => {
  test("finds honest logs whole, also by the seed's own algorithm", () => {
    const texts = [0, 1, 2, 12].map((size) =>
      records
        .slice(0, size)
        .map((record) => `${rowOf(record).line}\n`)
        .join(""),
    );
    expect(inPython(texts)).toEqual(texts.map(() => ({ seed: 0, strict: 0 })));
  });

  test("finds the golden bundle's records whole", () => {
    const text = readFileSync(join(import.meta.dirname, "../vectors/bundle-v1/generation-1.jsonl"), "utf8");
    const first = parseLine(text.slice(0, text.indexOf("\n"))).record;
    expect([first.deployment, first.chain]).toEqual([log.deployment, log.chain]);
    expect(inPython([text])).toEqual([{ seed: 0, strict: 0 }]);
  });

  test.each(Object.keys(operators))("agrees with ours on where `%s` breaks the chain", (name) => {
    const bytes = seededBytes(`python ${name}`);
    const draw = (min: number, max: number): number => min + (bytes(4).readUInt32BE() % (max - min + 1));
    const mutated = Array.from({ length: MUTATIONS_PER_OPERATOR }, () => (operators[name] as (typeof operators)[string])(records.map(rowOf), draw).rows.map(({ line }) => line));
    // A line with a newline in it is two in a file.
    const files = mutated.filter((lines) => lines.every((line) => !line.includes("\n")));
    expect(inPython(files.map((lines) => lines.map((line) => `${line}\n`).join(""))).map(({ strict }) => strict)).toEqual(files.map(inOurs));
  });
});
