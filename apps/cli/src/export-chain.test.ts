import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { leafHash, type PackedPage, packPage } from "@sallyport/audit";
import { pageOf } from "@sallyport/audit/testing";
import { type Arrived, ok, type Reply, wire } from "@sallyport/client/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandLine } from "../test-support/command-line.ts";

/** The published bundle of the format, played back as the api's answers. */
const golden = resolve(import.meta.dirname, "../../../packages/audit/vectors/bundle-v1");
const FINGERPRINT = "sha256:c4836bd13251d2145705b917f53e9d2cae023f4324159052e92b0e903e6e63f4";
const CHAIN = "site:STUDY/701";
const PAGE_MAX = 4;

const textOf = (name: string): string => readFileSync(join(golden, name), "utf8");
const linesOf = (name: string): string[] => textOf(name).trimEnd().split("\n");
const notesOf = (name: string): string[] =>
  textOf(name)
    .split(/\n\n(?=dabcdefghijkl\.)/)
    .map((note) => `${note.trimEnd()}\n`);

const generations = [1, 2].map((generation) => ({
  generation,
  size: linesOf(`generation-${generation}.jsonl`).length,
  auditKey: `audit-${generation}`,
  checkpoint: notesOf(`checkpoints-${generation}.txt`).at(-1),
}));
const opened = { chain: CHAIN, statement: textOf("statement.note"), generations, vkey: "v", fingerprint: FINGERPRINT, names: {} };

/** Answers in pages that are shorter than what was asked for. */
function page({ body }: Arrived, edit: (line: string) => string = (line) => line): PackedPage {
  const { generation, from, limit } = JSON.parse(body) as { generation: number; from: number; limit: number };
  const end = from - 1 + Math.min(limit, PAGE_MAX);
  const lines = linesOf(`generation-${generation}.jsonl`)
    .slice(from - 1, end)
    .map(edit);
  const signatures = linesOf(`leaves-${generation}.txt`).map((line) => line.slice(65));
  return packPage(pageOf(lines, signatures.slice(from - 1, end)));
}

/** A generation's checkpoints, one at a time, and beside each one that another key signed. */
function notes({ body }: Arrived): object {
  const { generation, above, below } = JSON.parse(body) as { generation: number; above: number; below: number };
  const stored = notesOf(`checkpoints-${generation}.txt`).flatMap((note) => {
    const size = Number(note.split("\n")[1]);
    return [{ size, note }, ...(size === 1 ? [] : [{ size: size - 0.5, note: note.replace(/^\u2014 \S+ /m, "\u2014 another/log ") }])];
  });
  return {
    checkpoints: stored
      .toSorted((one, other) => one.size - other.size)
      .filter(({ size }) => size > above && size < below)
      .slice(0, 1),
  };
}

/** What an export is answered beside pages of records, or null. */
const framed = (request: Arrived): object | null => (request.path === "/trpc/trail.openExport" ? opened : request.path === "/trpc/trail.readCheckpoints" ? notes(request) : null);
const answers = (request: Arrived): Reply => ok(framed(request) ?? page(request));
const line = (out: string): string[] => ["--as", "engineer", "--json", "export", "--chain", CHAIN, "--out", out];

let user: CommandLine;

beforeEach(() => {
  user = new CommandLine();
});
afterEach(async () => {
  await user.close();
});

test("an export is the bundle that the custodian signed, and says how to verify it", async () => {
  await user.serve(answers);
  const { exit, out } = await user.type(line("bundle"));
  expect(exit).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ records: 12, whole: true, verifyWith: `sallyport verify bundle --key ${FINGERPRINT}` });
  for (const name of ["statement.note", "generation-1.jsonl", "generation-2.jsonl", "leaves-1.txt", "leaves-2.txt", "checkpoints-1.txt", "checkpoints-2.txt"]) {
    expect(readFileSync(join(user.folder, "bundle", name), "utf8")).toBe(textOf(name));
  }
});

test("the bundle verifies without a profile and with nothing listening, and not under another key", async () => {
  const served = await user.serve(answers);
  await user.type(line("bundle"));
  await served.stop();
  expect(await user.type(["verify", "bundle", "--key", FINGERPRINT])).toMatchObject({ exit: 0, out: expect.stringMatching(/^whole\n/) });
  expect(await user.type(["verify", "bundle"])).toMatchObject({ exit: 0, out: expect.stringMatching(/^self-consistent, key not pinned\n/) });
  expect(await user.type(["verify", "bundle", "--key", FINGERPRINT.replace("c4", "c5")])).toMatchObject({ exit: 1, out: expect.stringContaining("foreign") });
});

test("a signature's receipt verifies without a profile, says who signed what, and not under another key", async () => {
  const receipts = resolve(import.meta.dirname, "../../../packages/signature/vectors/receipts-v1");
  const { p256: key = "" } = JSON.parse(readFileSync(join(receipts, "fingerprints.json"), "utf8")) as Record<string, string>;
  const text = readFileSync(join(receipts, "p256.receipt.json"), "utf8");
  writeFileSync(join(user.folder, "a.receipt.json"), text);
  writeFileSync(join(user.folder, "changed.receipt.json"), text.replace("Łuczak", "Luczak"));
  const { exit, out } = await user.type(["verify", "a.receipt.json", "--key", key]);
  expect([exit, out.split("\n")[0]]).toEqual([0, "whole"]);
  expect(out).toMatch(/Zoë Łuczak.*signed this manifest\.\n.*It says: approval\./);
  expect(await user.type(["verify", "a.receipt.json"])).toMatchObject({ exit: 0, out: expect.stringMatching(/^self-consistent, key not pinned\n/) });
  expect(await user.type(["verify", "a.receipt.json", "--key", FINGERPRINT])).toMatchObject({ exit: 1, out: expect.stringMatching(/^broken\n/) });
  expect(await user.type(["verify", "changed.receipt.json", "--key", key])).toMatchObject({ exit: 1, out: expect.stringContaining("the receipt doesn't hold") });
});

test("a record that changed since is named by seq and kind, and ends in 1", async () => {
  await user.serve(answers);
  await user.type(line("bundle"));
  const records = join(user.folder, "bundle", "generation-1.jsonl");
  const lines = readFileSync(records, "utf8").split("\n");
  writeFileSync(records, lines.map((text, index) => (index === 4 ? text.replace('"decision":"', '"decision":"x') : text)).join("\n"));
  const { exit, out } = await user.type(["verify", "bundle", "--key", FINGERPRINT, "--json"]);
  expect(exit).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ whole: false, breaks: [expect.objectContaining({ generation: 1, seq: 5, kind: "altered" })] });
});

test("an api that hands out an altered record is found out by the export itself, which ends in 1", async () => {
  await user.serve((request) => {
    return ok(framed(request) ?? page(request, (text) => text.replace('"decision":"', '"decision":"x')));
  });
  const { exit, out } = await user.type(line("bundle"));
  expect(exit).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ whole: false });
});

test("an export whose records end before what was signed is written, and its verdict says where", async () => {
  const nothing = ok(packPage(pageOf([], [])));
  await user.serve(until(nothing));
  const { exit, out } = await user.type(line("bundle"));
  expect(exit).toBe(1);
  expect((JSON.parse(out) as { breaks: object[] }).breaks[0]).toMatchObject({ generation: 1, seq: PAGE_MAX + 1, kind: "truncated" });
});

test("an export that is refused half-way leaves nothing of itself", async () => {
  await user.serve(until(wire(403, "policy.denied")));
  expect(await user.type(line("bundle"))).toMatchObject({ exit: 3, out: "" });
  expect(readdirSync(join(user.folder, "bundle"))).toEqual([]);
});

/** What is asked for behind the first page of the first generation is answered by something else. */
const until =
  (reply: Reply) =>
  (request: Arrived): Reply =>
    JSON.parse(request.body).from > PAGE_MAX ? reply : answers(request);
const cut = until(ok(packPage(pageOf(["{}"], []))));
const asked = ({ body, path }: Arrived): string =>
  path !== "/trpc/trail.readExport" ? path : `${(JSON.parse(body) as { generation: number }).generation}/${(JSON.parse(body) as { from: number }).from}`;

test.each([
  ["as it was", () => undefined],
  ["a line of it half-written", (folder: string) => appendFileSync(join(folder, "generation-1.jsonl"), '{"action":"sub')],
  [
    "with a leaf less",
    (folder: string) =>
      writeFileSync(
        join(folder, "leaves-1.txt"),
        `${linesOf("leaves-1.txt")
          .slice(0, PAGE_MAX - 1)
          .join("\n")}\n`,
      ),
  ],
  ["a record of it altered", (folder: string) => writeFileSync(join(folder, "generation-1.jsonl"), textOf("generation-1.jsonl").replace('"seq":2,', '"seq":9,'))],
] as const)("an export that was cut off goes on from what is whole of it: %s", async (_, disturb) => {
  let isCut = true;
  const served = await user.serve((request) => (isCut ? cut : answers)(request));
  expect(await user.type(line("bundle"))).toMatchObject({ exit: 4, err: expect.stringContaining(`${PAGE_MAX} records are written and stay there`) });
  isCut = false;
  const before = served.arrived.length;
  disturb(join(user.folder, "bundle"));
  const { exit, err } = await user.type(line("bundle"));
  expect(exit).toBe(0);
  expect(err).toContain("going on behind them");
  expect(served.arrived.slice(before).map(asked)).not.toContain("1/1");
  for (const name of ["generation-1.jsonl", "generation-2.jsonl", "leaves-1.txt", "checkpoints-1.txt"])
    expect(readFileSync(join(user.folder, "bundle", name), "utf8")).toBe(textOf(name));
  expect(await user.type(["verify", "bundle", "--key", FINGERPRINT])).toMatchObject({ exit: 0 });
});

test("what is left of another chain's export is refused and left alone", async () => {
  let isCut = true;
  await user.serve((request) => (isCut ? cut : answers)(request));
  await user.type(line("bundle"));
  isCut = false;
  const left = join(user.folder, "bundle", "generation-1.jsonl");
  const other = textOf("generation-1.jsonl").replaceAll(CHAIN, "site:STUDY/702");
  writeFileSync(left, other);
  writeFileSync(
    join(user.folder, "bundle", "leaves-1.txt"),
    other
      .trimEnd()
      .split("\n")
      .map((text) => `${leafHash(text).toString("hex")} x\n`)
      .join(""),
  );
  expect(await user.type(line("bundle"))).toMatchObject({ exit: 2, err: expect.stringContaining("bundle.exists") });
  expect(readFileSync(left, "utf8")).toBe(other);
});

test("a folder with something in it is refused before anything is asked for, and left alone", async () => {
  const served = await user.serve(answers);
  mkdirSync(join(user.folder, "bundle"));
  writeFileSync(join(user.folder, "bundle", "precious"), "x");
  expect(await user.type(line("bundle"))).toMatchObject({ exit: 2, err: expect.stringContaining("bundle.exists") });
  expect(served.arrived).toHaveLength(0);
  expect(existsSync(join(user.folder, "bundle", "precious"))).toBe(true);
});
