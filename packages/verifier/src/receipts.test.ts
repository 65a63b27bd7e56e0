import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { exportReader } from "@sallyport/audit/bundle-folder";
import { canonicalJson } from "@sallyport/crypto";
import { type ReceiptVerdict, verifyOffline } from "@sallyport/signature";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { VerifyAnswer } from "./index.ts";

/** Changed receipts that each verifier is asked about, or many. */
const RUNS = process.env["SALLYPORT_TEST_LONG"] === undefined ? 60 : 3_000;
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const IN_PYTHON = join(import.meta.dirname, "../../signature/test-python/verify_receipt.py");
const FILES = join(import.meta.dirname, "../dist/files");
/** Golden receipts, each with the fingerprints that it verifies by: its own key's, then those of the keys from which handovers lead to that. */
function goldenIn(version: "receipts-v1" | "receipts-v2") {
  const golden = join(import.meta.dirname, "../../signature/vectors", version);
  const fingerprints = JSON.parse(readFileSync(join(golden, "fingerprints.json"), "utf8")) as Readonly<Record<string, string | readonly string[]>>;
  return Object.entries(fingerprints).map(([name, keys]) => {
    const [fingerprint = "", ...earlier] = [keys].flat();
    return { name: `${name}, ${version}`, fingerprint, earlier, text: readFileSync(join(golden, `${name}.receipt.json`), "utf8") };
  });
}
const [v1, v2] = [goldenIn("receipts-v1"), goldenIn("receipts-v2")];
const receipts = [...v1, ...v2];
const P256 = v1.find(({ name }) => name.startsWith("p256"))?.fingerprint ?? "";

const scratch = mkdtempSync(join(tmpdir(), "sallyport-receipts-"));
let browser: Worker;
/** What a page's worker finds around it, put around the same file in a worker of Node's. */
const AS_IN_A_PAGE = `
const { parentPort } = require("node:worker_threads");
const { File } = require("node:buffer");
for (const name of ["process", "require", "Buffer"]) delete globalThis[name];
globalThis.self = {
  addEventListener: (_, listen) => parentPort.on("message", ({ text, fingerprint }) => listen({ data: { fingerprint, files: [new File([text], "a.receipt.json")] } })),
  postMessage: (answer) => parentPort.postMessage(answer),
};
`;
beforeAll(() => {
  browser = new Worker(`${AS_IN_A_PAGE}\n${readFileSync(join(FILES, "worker.js"), "utf8")}`, { eval: true });
});
afterAll(async () => {
  await browser.terminate();
  rmSync(scratch, { recursive: true, force: true });
});

async function inBrowser(text: string, fingerprint: string | null): Promise<unknown> {
  const answered = new Promise<unknown>((resolve) => {
    const listen = (answer: VerifyAnswer): void => {
      if (answer.kind === "progress") return;
      browser.off("message", listen);
      resolve(answer.kind === "verdict" ? answer.verdict : answer.code);
    };
    browser.on("message", listen);
  });
  browser.postMessage({ text, fingerprint });
  return await answered;
}
let files = 0;
const fileOf = (text: string): string => {
  const path = join(scratch, `${(files += 1)}.receipt.json`);
  writeFileSync(path, text);
  return path;
};
const inLibrary = async (path: string, fingerprint: string | null): Promise<ReceiptVerdict> =>
  (await verifyOffline(await exportReader(path), fingerprint === null ? {} : { fingerprint })) as ReceiptVerdict;
const alone = (path: string, fingerprint: string | null) =>
  spawnSync(process.execPath, [join(FILES, "sallyport-verify.mjs"), path, "--json", ...(fingerprint === null ? [] : ["--key", fingerprint])], { encoding: "utf8", env: {} });
const inPython = (paths: readonly string[], fingerprint: string | null): readonly string[] =>
  spawnSync("python3", [IN_PYTHON, fingerprint ?? "-", ...paths], { encoding: "utf8", env: { PYTHONDONTWRITEBYTECODE: "1" } })
    .stdout.trim()
    .split("\n");

/** Receipts with one byte that is another. */
const changedAnyhow = (): readonly string[] =>
  Array.from({ length: RUNS }, (_, run) => {
    const bytes = Buffer.from(receipts[run % receipts.length]?.text ?? "");
    const place = randomInt(14, bytes.length);
    bytes.writeUInt8(bytes.readUInt8(place) ^ randomInt(1, 128), place);
    return bytes.toString("utf8");
  });

test.each(receipts)("the receipt of $name is read alike by the library, the page and the one file", async ({ text, fingerprint, earlier }) => {
  const path = fileOf(text);
  for (const pin of [fingerprint, null, ...earlier]) {
    const verdict = await inLibrary(path, pin);
    expect([verdict.whole, verdict.pinned]).toEqual([true, pin !== null]);
    expect(verdict.handedOver?.[0]?.from).toBe(pin === null || pin === fingerprint ? undefined : pin);
    expect(await inBrowser(text, pin)).toEqual(verdict);
    const { status, stdout } = alone(path, pin);
    expect([status, JSON.parse(stdout)]).toEqual([0, verdict]);
  }
});

test("a receipt that was changed, or is held against another key, is broken to each of them", async () => {
  const changed = changedAnyhow();
  const paths = changed.map(fileOf);
  for (const [n, text] of changed.entries()) {
    const verdict = await inLibrary(paths[n] ?? "", null).catch(() => "none");
    expect([text, verdict]).toEqual([text, await inBrowser(text, null).then((answer) => (typeof answer === "string" ? "none" : answer))]);
    expect([text, typeof verdict === "string" || !verdict.whole]).toEqual([text, true]);
  }
  const path = fileOf(receipts[0]?.text ?? "");
  expect((await inLibrary(path, P256)).whole).toBe(false);
  expect(alone(path, P256).status).toBe(1);
});

test.skipIf(!hasPython)(`a verifier in Python, written from the specifications, says the same${hasPython ? "" : " (skipped: no python3)"}`, async () => {
  for (const { text, fingerprint, earlier } of receipts) {
    const path = fileOf(text);
    const { meaning, person } = (await inLibrary(path, null)).signature?.manifest ?? {};
    for (const [pin, word] of [...[fingerprint, ...earlier].map((key) => [key, "whole"] as const), [null, "self-consistent"] as const])
      expect(inPython([path], pin)[0]).toMatch(new RegExp(`^${word} \\S+ ${String(meaning)} ${String(person)}$`));
  }
  const paths = changedAnyhow().map(fileOf);
  expect(inPython(paths, null)).toEqual(paths.map(() => "broken"));
  expect(inPython([fileOf(receipts[0]?.text ?? "")], P256)).toEqual(["broken"]);
});

/** Golden receipts with their handovers otherwise, each with a fingerprint that they then don't verify by. */
function otherwiseHandedOver(): readonly (readonly [name: string, text: string, fingerprint: string | null])[] {
  const [
    {
      text,
      fingerprint,
      earlier: [before = ""],
    } = { text: "", fingerprint: "", earlier: [] },
  ] = v2.filter(({ name }) => name.startsWith("server"));
  const [{ text: twice } = { text: "" }] = v2.filter(({ name }) => name.startsWith("turned-twice"));
  const {
    handovers: [note = ""],
    ...said
  } = JSON.parse(text) as { readonly handovers: readonly string[] };
  const spelled = (over: object): string => `${canonicalJson({ ...said, ...over })}\n`;
  const without = (line: number): string =>
    note
      .split("\n")
      .filter((_, at) => at !== line)
      .join("\n");
  const { handovers } = JSON.parse(twice) as { readonly handovers: readonly string[] };
  const following = Object.fromEntries(v2.map(({ name, fingerprint: own }) => [name.split(",")[0], own]))["turned-twice"] ?? "";
  return [
    ["by the key before alone", spelled({ handovers: [without(4)] }), before],
    ["by the key after alone", spelled({ handovers: [without(3)] }), before],
    ["by neither, and no fingerprint", spelled({ handovers: [note.replace("678Z", "679Z")] }), null],
    ["dropped", spelled({ v: 1 }), before],
    ["empty", spelled({ handovers: [] }), fingerprint],
    ["in version 1", spelled({ v: 1, handovers: [note] }), fingerprint],
    ["one that goes on from here", spelled({ handovers: [...handovers] }), following],
    ["too many", spelled({ handovers: Array.from({ length: 65 }, () => note) }), fingerprint],
  ];
}

test.each(otherwiseHandedOver())("a receipt whose handovers are %s is broken to each of them", async (_name, text, fingerprint) => {
  const path = fileOf(text);
  const verdict = await inLibrary(path, fingerprint);
  expect([verdict.whole, verdict.proves]).toEqual([false, []]);
  expect(await inBrowser(text, fingerprint)).toEqual(verdict);
  expect(alone(path, fingerprint).status).toBe(1);
  if (hasPython) expect(inPython([path], fingerprint)).toEqual(["broken"]);
});

test("a file with more than a receipt in it is broken, and one that says it is something else is none", async () => {
  const [{ text } = { text: "" }] = receipts;
  expect((await inLibrary(fileOf(`${text}{}\n`), null)).whole).toBe(false);
  await expect(inLibrary(fileOf(text.replace("sallyport-signature-receipt", "sallyport-something")), null)).rejects.toThrow();
});
