import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { exportReader } from "@sallyport/audit/bundle-folder";
import { type ReceiptVerdict, verifyOffline } from "@sallyport/signature";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { VerifyAnswer } from "./index.ts";

/** Changed receipts that each verifier is asked about, or many. */
const RUNS = process.env["SALLYPORT_TEST_LONG"] === undefined ? 60 : 3_000;
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const IN_PYTHON = join(import.meta.dirname, "../../signature/test-python/verify_receipt.py");
const FILES = join(import.meta.dirname, "../dist/files");
const golden = join(import.meta.dirname, "../../signature/vectors/receipts-v1");
const fingerprints = JSON.parse(readFileSync(join(golden, "fingerprints.json"), "utf8")) as Readonly<Record<string, string>>;
const receipts = Object.entries(fingerprints).map(([name, fingerprint]) => ({ name, fingerprint, text: readFileSync(join(golden, `${name}.receipt.json`), "utf8") }));

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
    const bytes = Buffer.from(receipts[run % 2]?.text ?? "");
    const place = randomInt(14, bytes.length);
    bytes.writeUInt8(bytes.readUInt8(place) ^ randomInt(1, 128), place);
    return bytes.toString("utf8");
  });

test.each(receipts)("the receipt of $name is read alike by the library, the page and the one file", async ({ text, fingerprint }) => {
  const path = fileOf(text);
  for (const pin of [fingerprint, null]) {
    const verdict = await inLibrary(path, pin);
    expect([verdict.whole, verdict.pinned]).toEqual([true, pin !== null]);
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
  const other = fingerprints["p256"] ?? "";
  expect((await inLibrary(path, other)).whole).toBe(false);
  expect(alone(path, other).status).toBe(1);
});

test.skipIf(!hasPython)(`a verifier in Python, written from the specifications, says the same${hasPython ? "" : " (skipped: no python3)"}`, async () => {
  for (const { text, fingerprint } of receipts) {
    const path = fileOf(text);
    const { meaning, person } = (await inLibrary(path, null)).signature?.manifest ?? {};
    for (const [pin, word] of [
      [fingerprint, "whole"],
      [null, "self-consistent"],
    ] as const)
      expect(inPython([path], pin)[0]).toMatch(new RegExp(`^${word} \\S+ ${String(meaning)} ${String(person)}$`));
  }
  const paths = changedAnyhow().map(fileOf);
  expect(inPython(paths, null)).toEqual(paths.map(() => "broken"));
  expect(inPython([fileOf(receipts[0]?.text ?? "")], fingerprints["p256"] ?? "")).toEqual(["broken"]);
});

test("a file with more than a receipt in it is broken, and one that says it is something else is none", async () => {
  const [{ text } = { text: "" }] = receipts;
  expect((await inLibrary(fileOf(`${text}{}\n`), null)).whole).toBe(false);
  await expect(inLibrary(fileOf(text.replace("sallyport-signature-receipt", "sallyport-something")), null)).rejects.toThrow();
});
