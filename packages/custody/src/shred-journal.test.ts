import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ShredJournal } from "./shred-journal.ts";

const SEED = Buffer.alloc(32, 9).toString("hex");
const shredOf = (n: number): { subject: string; packets: string[]; approval: string; by: string[]; at: string } => ({
  subject: `sub_${n}`,
  packets: [`pkt_${n}`],
  approval: "0".repeat(64),
  by: ["usr_a", "usr_b"],
  at: "2026-01-01T00:00:00.000Z",
});
function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "shreds-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "shreds.jsonl");
}

/** A process that may write no file beyond 1 KiB, as on a disk that is full. It says after which shred one was refused, and how long the file was then. */
const FILLING = `
import { statSync } from "node:fs";
import { ShredJournal } from "@sallyport/custody/journal";
const [path, seed, shred] = process.argv.slice(1);
const journal = new ShredJournal(path, seed, "dep_1");
for (let n = 0; ; n += 1) {
  const { size } = statSync(path);
  try {
    journal.append({ ...JSON.parse(shred), subject: "sub_" + n });
  } catch {
    process.stdout.write(JSON.stringify({ n, isAsBefore: statSync(path).size === size }));
    break;
  }
}
`;

test("a shred that the disk takes half of leaves nothing in the journal, so that the next one is a line of its own", () => {
  const path = newPath();
  const { stdout } = spawnSync("/bin/bash", ["-c", `ulimit -f 1; exec "$@"`, "-", process.execPath, "--input-type=module", "-e", FILLING, path, SEED, JSON.stringify(shredOf(0))], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  const { n, isAsBefore } = JSON.parse(stdout) as { n: number; isAsBefore: boolean };
  expect([n > 0, isAsBefore]).toEqual([true, true]);
  const journal = new ShredJournal(path, SEED, "dep_1");
  journal.append(shredOf(n));
  expect(new ShredJournal(path, SEED, "dep_1").shreds.map(({ subject }) => subject)).toEqual(Array.from({ length: n + 1 }, (_, at) => `sub_${at}`));
});

test("a journal whose first line was torn is a new one, and a torn last line is dropped", () => {
  const path = newPath();
  writeFileSync(path, '{"v":1,"depl', { mode: 0o600 });
  new ShredJournal(path, SEED, "dep_1").append(shredOf(1));
  const whole = readFileSync(path);
  writeFileSync(path, Buffer.concat([whole, whole.subarray(30, 90)]));
  expect(new ShredJournal(path, SEED, "dep_1").shreds).toEqual([shredOf(1)]);
  expect(readFileSync(path)).toEqual(whole);
});
