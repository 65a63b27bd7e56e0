import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { ContainerReader, type PacketPins, type PacketVerdict, verifyPacket } from "@sallyport/submission";
import { type Desks, FOLDER_FAULTS, openDesks, PACKET_FAULTS, unpack } from "@sallyport/submission/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { VerifyAnswer } from "./index.ts";

const FILES = join(import.meta.dirname, "../dist/files");
const golden = join(import.meta.dirname, "../../submission/vectors/packets-v1");
const packet = readFileSync(join(golden, "packet.tar"));
const { fingerprint, witness, recipient } = JSON.parse(readFileSync(join(golden, "pins.json"), "utf8")) as Readonly<Record<string, string>>;

let scratch: string;
let browser: Worker;
/** What a page's worker finds around it, put around the same file in a worker of Node's. */
const AS_IN_A_PAGE = `
const { parentPort } = require("node:worker_threads");
const { File } = require("node:buffer");
for (const name of ["process", "require", "Buffer"]) delete globalThis[name];
globalThis.self = {
  addEventListener: (_, listen) => parentPort.on("message", ({ bytes, fingerprint }) => listen({ data: { fingerprint, files: [new File([bytes], "packet.tar")] } })),
  postMessage: (answer) => parentPort.postMessage(answer),
};
`;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "sallyport-packets-"));
  browser = new Worker(`${AS_IN_A_PAGE}\n${readFileSync(join(FILES, "worker.js"), "utf8")}`, { eval: true });
});
afterAll(async () => {
  await browser.terminate();
  rmSync(scratch, { recursive: true, force: true });
});

async function inBrowser(bytes: Buffer, key = fingerprint): Promise<unknown> {
  const answered = new Promise<unknown>((resolve) => {
    const listen = (answer: VerifyAnswer): void => {
      if (answer.kind === "progress") return;
      browser.off("message", listen);
      resolve(answer.kind === "verdict" ? answer.verdict : answer.code);
    };
    browser.on("message", listen);
  });
  browser.postMessage({ bytes, fingerprint: key });
  return await answered;
}
async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
const heldAgainst = (bytes: Buffer, pins: PacketPins): Promise<PacketVerdict> => verifyPacket(new ContainerReader(once(bytes)), pins);
const inLibrary = (bytes: Buffer, key = fingerprint): Promise<PacketVerdict> => heldAgainst(bytes, { fingerprint: key ?? "" });
const alone = (path: string, ...more: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(FILES, "sallyport-verify.mjs"), path, "--json", ...more], { encoding: "utf8", env: {} });
  return { status, verdict: stdout === "" ? null : (JSON.parse(stdout) as PacketVerdict), stderr };
};
const pins = ["--key", fingerprint ?? ""];
const OPTIONS = { fingerprint: "--key", recipient: "--recipient", until: "--until", witness: "--witness" } as const;
const optionsOf = (given: PacketPins): readonly string[] => Object.entries(given).flatMap(([name, value]) => [OPTIONS[name as keyof PacketPins], String(value)]);

test("a packet is read alike by the library, the page and the one file, from its container and its folder", async () => {
  const verdict = await inLibrary(packet);
  expect([verdict.whole, verdict.pinned, verdict.packet?.signatures.length]).toEqual([true, true, 1]);
  expect(await inBrowser(packet)).toEqual(verdict);
  const tar = join(golden, "packet.tar");
  expect(alone(tar, ...pins)).toMatchObject({ status: 0, verdict });
  const folder = join(scratch, "folder");
  mkdirSync(folder);
  expect(spawnSync("tar", ["-xf", tar, "-C", folder]).status).toBe(0);
  expect(alone(folder, ...pins)).toMatchObject({ status: 0, verdict });
  writeFileSync(join(folder, "0001/more.pdf"), "more");
  expect(alone(folder, ...pins)).toMatchObject({ status: 1, verdict: { faults: [{ kind: "extra", path: "0001/more.pdf" }] } });
});

test("a packet by a key that another handed over to is read alike by either one's fingerprint", async () => {
  const turned = join(import.meta.dirname, "../../submission/vectors/packets-v2");
  const tar = join(turned, "packet.tar");
  const { fingerprint: own = "", earlier = "" } = JSON.parse(readFileSync(join(turned, "pins.json"), "utf8")) as Readonly<Record<string, string>>;
  for (const key of [own, earlier]) {
    const verdict = await inLibrary(readFileSync(tar), key);
    expect([verdict.whole, verdict.handedOver?.[0]?.from]).toEqual([true, key === own ? undefined : earlier]);
    expect(await inBrowser(readFileSync(tar), key)).toEqual(verdict);
    expect(alone(tar, "--key", key)).toMatchObject({ status: 0, verdict });
  }
  expect(alone(tar, ...pins)).toMatchObject({ status: 1, verdict: { faults: [{ kind: "key" }] } });
});

test("the one file holds a packet against its recipient, and an old key against a witness's word", () => {
  const tar = join(golden, "packet.tar");
  const [ours, theirs] = [recipient ?? "", "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"];
  expect(alone(tar, ...pins, "--recipient", ours).status).toBe(0);
  expect(alone(tar, ...pins, "--recipient", theirs)).toMatchObject({ status: 1, verdict: { faults: [{ kind: "recipient" }] } });
  const until = ["--until", "2026-02-01T00:00:00Z"];
  expect(alone(tar, ...pins, ...until)).toMatchObject({ status: 1, verdict: { faults: [{ kind: "key" }] } });
  expect(alone(tar, ...pins, ...until, "--witness", witness ?? "").status).toBe(0);
  expect(alone(tar, "--until", "soon").status).toBe(2);
});

test("a changed packet is broken to each of them, and a sealed one is told to be opened", async () => {
  for (let at = 5; at < packet.length; at += 401) {
    const changed = Buffer.from(packet);
    changed[at] = (changed[at] ?? 0) ^ 1;
    const verdict = await inLibrary(changed);
    expect([at, verdict.whole]).toEqual([at, false]);
    if (at > 12) expect([at, await inBrowser(changed)]).toEqual([at, verdict]);
  }
  const sealed = join(scratch, "packet.age");
  writeFileSync(sealed, "age-encryption.org/v1\n-> X25519 …");
  expect(alone(sealed)).toMatchObject({ status: 2, stderr: expect.stringMatching(/^packet\.sealed: .*age --decrypt/) });
});

describe("each fault that a packet may have (S9 to S12) is found alike by the library, the page and the one file", () => {
  let desks: Desks;
  beforeAll(async () => {
    desks = await openDesks();
  });

  test.each(PACKET_FAULTS)("$row: $title", { timeout: 60_000 }, async ({ cases, apart }) => {
    for (const [at, { what, container, pins: given, kinds }] of (await cases(desks)).entries()) {
      const verdict = await heldAgainst(container, given);
      const found = verdict.faults.map(({ kind }) => kind);
      expect([what, kinds.filter((kind) => !found.includes(kind)), verdict.whole]).toEqual([what, [], kinds.length === 0]);
      if (apart === undefined) expect([what, found.toSorted()]).toEqual([what, kinds]);
      const tar = join(scratch, `fault-${at}.tar`);
      writeFileSync(tar, container);
      expect([what, alone(tar, ...optionsOf(given))]).toMatchObject([what, { status: verdict.whole ? 0 : 1, verdict }]);
      const { fingerprint: key = "" } = given;
      expect([what, await inBrowser(container, key)]).toEqual([what, await inLibrary(container, key)]);
    }
  });

  test.each(FOLDER_FAULTS)("S9, in a folder: $what", ({ what, change, kinds }) => {
    const folder = join(scratch, what.replaceAll(" ", "-"));
    unpack(desks.made, folder);
    change(folder);
    const { status, verdict } = alone(folder, "--key", desks.desk.key.fingerprint);
    expect([status, verdict?.faults.map(({ kind }) => kind).toSorted()]).toEqual([kinds.length === 0 ? 0 : 1, kinds]);
  });
});
