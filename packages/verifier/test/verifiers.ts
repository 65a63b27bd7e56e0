import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type BundleVerdict, cosign, verifyBundle, witnessKeyOf } from "@sallyport/audit";
import { directoryReader } from "@sallyport/audit/bundle-folder";
import { asFound, type BundleDefence, type Holds, recomputeManifest } from "@sallyport/audit/testing";
import { ed25519FromSeed } from "@sallyport/crypto";
import { codeOf } from "@sallyport/errors";
import { seededBytes } from "@sallyport/testkit";
import { expect } from "vitest";
import type { VerifyAnswer } from "../src/index.ts";

export const hasPython = spawnSync("python3", ["--version"]).status === 0;
const IN_PYTHON = join(import.meta.dirname, "../../audit/test-python/verify_bundle.py");
const FILES = join(import.meta.dirname, "../dist/files");
/** The published bundle, and the key that it is signed by. */
export const golden = join(import.meta.dirname, "../../audit/vectors/bundle-v1");
export const FINGERPRINT = "sha256:c4836bd13251d2145705b917f53e9d2cae023f4324159052e92b0e903e6e63f4";

export type Bundle = ReadonlyMap<string, Buffer>;
/** A verdict, or the code of what was no bundle. */
export type Answer = BundleVerdict | string;

export const seer = { name: "witness.example/w1", pair: ed25519FromSeed(seededBytes("agreement witness")(32)) };
export const WITNESS = witnessKeyOf(seer.name, seer.pair.raw);
export const STRANGER = witnessKeyOf("witness.example/w2", ed25519FromSeed(seededBytes("another witness")(32)).raw);
export const SEEN_S = 1_767_326_500;

let scratch: string;
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

/** Starts the worker that stands for a browser's, and makes a folder for what is handed over. */
export function startVerifiers(): void {
  scratch = mkdtempSync(join(tmpdir(), "sallyport-verifier-"));
  browser = new Worker(`${AS_IN_A_PAGE}\n${readFileSync(join(FILES, "worker.js"), "utf8")}`, { eval: true });
  browser.on("error", (error) => {
    throw error;
  });
}

export async function stopVerifiers(): Promise<void> {
  await browser.terminate();
  rmSync(scratch, { recursive: true, force: true });
}

/** The folder that {@link startVerifiers} made. */
export const scratchFolder = (): string => scratch;

/** The last checkpoint of a generation, as a note. */
export function newestNote(bundle: Bundle, generation: number): string {
  const notes = (bundle.get(`checkpoints-${generation}.txt`) ?? Buffer.alloc(0)).toString("utf8").split(/(?<=\n)\n(?=dabcdefghijkl\.)/);
  return notes.at(-1) ?? "";
}

/** A bundle with a checkpoint that the witness cosigned. */
export function cosigned(bundle: Bundle, generation: number, note: string): Bundle {
  const text = note.slice(0, note.indexOf("\n\n") + 1);
  const line = cosign(text, { name: seer.name, privateKey: seer.pair.privateKey }, SEEN_S);
  return withFile(bundle, `cosigned-${generation}.note`, `${note}${line}`);
}

/** A bundle with one more file, or another in its place, and a manifest that fits. */
export function withFile(bundle: Bundle, name: string, content: string | Buffer): Bundle {
  const files = new Map<string, Buffer<ArrayBufferLike>>([...bundle, [name, typeof content === "string" ? Buffer.from(content, "utf8") : content]]);
  recomputeManifest(files);
  return files;
}

/** The files of a folder, by name. */
export function filesIn(folder: string): Bundle {
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

export async function inBrowser(bundle: Bundle, fingerprint: string | null, witness: string | null = null): Promise<Answer> {
  return await asked({ files: [...bundle].map(([name, bytes]) => ({ name, bytes })), fingerprint, witness });
}

export async function asked(request: object): Promise<Answer> {
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

export function folderOf(bundle: Bundle): string {
  const folder = mkdtempSync(join(scratch, "bundle-"));
  for (const [name, bytes] of bundle) writeFileSync(join(folder, name), bytes);
  return folder;
}

export async function inLibrary(folder: string, fingerprint: string | null, witness: string | null = null, holds: Holds<BundleDefence> = asFound): Promise<Answer> {
  return await verifyBundle(directoryReader(folder), { ...(fingerprint !== null && { fingerprint }), ...(witness !== null && { witness }) }, holds).catch(codeOf);
}

/** The one file, copied to where nothing of ours is beside it. */
export function alone(folder: string | readonly string[], fingerprint: string | null, witness: string | null = null): { readonly code: number | null; readonly answer: Answer } {
  const place = join(scratch, "alone");
  mkdirSync(place, { recursive: true });
  const file = join(place, "sallyport-verify.mjs");
  writeFileSync(file, readFileSync(join(FILES, "sallyport-verify.mjs")));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [file, ...[folder].flat(), "--json", ...(fingerprint === null ? [] : ["--key", fingerprint]), ...(witness === null ? [] : ["--witness", witness])],
    {
      cwd: place,
      encoding: "utf8",
      env: {},
    },
  );
  return { code: status, answer: stdout === "" ? (stderr.split(":")[0] ?? "") : (JSON.parse(stdout) as BundleVerdict) };
}

/** What Python says of folders, by its own reading of the specifications. */
export function inPython(folders: readonly string[], fingerprint: string | null, ...options: readonly string[]): readonly string[] {
  const { stdout, stderr } = spawnSync("python3", ["-B", IN_PYTHON, ...options, fingerprint ?? "-", ...folders], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.trimEnd().split("\n");
}

/** A verdict in the words of the verifier in Python, which names no record and no kind. */
export const inAWord = (answer: Answer): string => {
  if (typeof answer === "string") return "none";
  if (!answer.whole) return "broken";
  return answer.pinned ? "whole" : "self-consistent";
};
