import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { witnessAnchor } from "@sallyport/anchors";
import {
  checkpointText,
  consistencyProof,
  cosignedAt,
  isSignedBy,
  leafHash,
  merkleRoot,
  parseCheckpoint,
  prefixRootIn,
  signNote,
  vkeyOf,
  witnessKeyOf,
  witnessRequestText,
} from "@sallyport/audit";
import { ed25519FromSeed } from "@sallyport/crypto";
import { faultTest, seededBytes } from "@sallyport/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Witness, type WitnessRules } from "./witness.ts";
import { WitnessHome } from "./witness-home.ts";
import { witnessServer } from "./witness-server.ts";

const NOW_S = 1_795_000_000;
const { privateKey, raw } = ed25519FromSeed(seededBytes("log of a witness' test")(32));
const log = { name: "dabcdefghijkl.sallyport", privateKey };
const vkey = vkeyOf(log.name, raw);
const CHAIN = "site:STUDY/701";
const leaves = Array.from({ length: 40 }, (_, index) => leafHash(`line ${index}`));
/** The same history, told otherwise from the tenth record on. */
const other = leaves.map((leaf, index) => (index < 9 ? leaf : leafHash(`other ${index}`)));

let folder: string;
let server: Server | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-witness-"));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const noteOf = (size: number, of = leaves, signer = log): string =>
  signNote(checkpointText({ origin: `${log.name}/${CHAIN}/1`, size, root: merkleRoot(of.slice(0, size)) }), signer);
const checkpoint = (size: number, of = leaves) => ({ chain: CHAIN, generation: 1, size, note: noteOf(size, of) });
const position = (anchored: number, size: number, of = leaves) => ({ anchored, prove: (from: number) => Promise.resolve(consistencyProof(of.slice(0, size), from)) });

/** A witness that listens, on the folder as it is. */
async function start(rules?: WitnessRules, logs: readonly string[] = [vkey]): Promise<{ readonly url: string; readonly key: string; readonly witness: Witness }> {
  server?.close();
  const home = new WitnessHome(folder);
  const { signer, vkey: key } = home.signer("witness.example/w1");
  const witness = new Witness(signer, logs, home, () => NOW_S, rules);
  server = witnessServer({ witness, tls: null, log: () => undefined });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key, witness };
}

const anchorTo = ({ url, key }: { readonly url: string; readonly key: string }) => witnessAnchor({ url, key, deadlineMs: 2000 });

test("a log that only grows is cosigned, from nothing and over a restart", async () => {
  let at = await start();
  const text = (size: number): string => noteOf(size).split("\n\n")[0] + "\n";
  for (const [before, size] of [
    [0, 7],
    [7, 7],
    [7, 20],
  ] as const) {
    const line = await anchorTo(at).hold(checkpoint(size), position(before, size));
    expect(cosignedAt(text(size), line, at.key)).toBe(NOW_S);
  }
  const { key } = at;
  at = await start();
  expect(at.key).toBe(key);
  await anchorTo(at).hold(checkpoint(40), position(20, 40));
  expect(statSync(join(folder, "witness.key")).mode & 0o077).toBe(0);
});

test("a log whose key was turned is cosigned on, by a witness that was given the next key, and by no other", async () => {
  const turned = ed25519FromSeed(seededBytes("next key of a witness' test")(32));
  const by = (size: number) => ({ ...checkpoint(size), note: noteOf(size, leaves, { ...log, privateKey: turned.privateKey }) });
  await anchorTo(await start()).hold(checkpoint(7), position(0, 7));
  await expect(anchorTo(await start()).hold(by(20), position(7, 20))).rejects.toMatchObject({ code: "anchor.unavailable" });
  const at = await start(undefined, [vkey, vkeyOf(log.name, turned.raw)]);
  expect(cosignedAt(noteOf(20).split("\n\n")[0] + "\n", await anchorTo(at).hold(by(20), position(7, 20)), at.key)).toBe(NOW_S);
  // And back, as where the ring is turned back.
  await anchorTo(at).hold(checkpoint(30), position(20, 30));
});

test("whose answer was lost asks once more from where the witness says that it is", async () => {
  const at = await start();
  await anchorTo(at).hold(checkpoint(7), position(0, 7));
  await anchorTo(at).hold(checkpoint(20), position(0, 20));
});

/** What is kept, by file, of each contradiction. */
const contradictions = (): readonly Readonly<Record<string, string>>[] =>
  readdirSync(join(folder, "contradictions")).map((id) => {
    const at = join(folder, "contradictions", id);
    return Object.fromEntries(readdirSync(at).map((name) => [name, readFileSync(join(at, name), "utf8")]));
  });

faultTest("A5", "of two signed histories a witness cosigns one, and keeps both as its proof", async (defence) => {
  const at = await start(defence === "on" ? undefined : { consistency: () => true });
  await anchorTo(at).hold(checkpoint(20), position(0, 20));
  await expect(anchorTo(at).hold(checkpoint(30, other), position(20, 30, other))).rejects.toMatchObject({ code: "anchor.refused" });
  expect(contradictions()).toHaveLength(1);
  await expect(anchorTo(at).hold(checkpoint(20, other), position(20, 20, other))).rejects.toMatchObject({ code: "anchor.refused" });
  // And the one that it had goes on.
  await anchorTo(at).hold(checkpoint(40), position(20, 40));
});

test("what it keeps convicts by itself: two notes that one key signed, of one size with two roots, or with the proof that they are two trees", async () => {
  const at = await start();
  await anchorTo(at).hold(checkpoint(20), position(0, 20));
  const refused = { code: "anchor.refused" };
  await expect(anchorTo(at).hold(checkpoint(20, other), position(7, 20, other))).rejects.toMatchObject(refused);
  await expect(anchorTo(at).hold(checkpoint(30, other), position(20, 30, other))).rejects.toMatchObject(refused);
  // However often it is sent.
  await expect(anchorTo(at).hold(checkpoint(30, other), position(20, 30, other))).rejects.toMatchObject(refused);
  const kept = contradictions();
  expect(kept).toHaveLength(2);
  for (const { "seen.note": seen = "", "other.note": told = "", "proof.txt": lines = "" } of kept) {
    expect([seen, told].every((note) => isSignedBy(note, vkey))).toBe(true);
    const [one, two] = [seen, told].map((note) => parseCheckpoint(note.slice(0, note.lastIndexOf("\n\n") + 1)));
    if (one === undefined || two === undefined) throw new Error("no note");
    const proof = lines
      .split("\n")
      .filter(Boolean)
      .map((line) => Buffer.from(line, "base64"));
    const shown = one.size === two.size ? two.root : prefixRootIn({ size1: one.size, size2: two.size, root2: two.root, proof });
    expect(shown?.toString("hex")).toBe(merkleRoot(other.slice(0, 20)).toString("hex"));
    expect(shown?.equals(one.root)).toBe(false);
  }
});

test("a proof that is merely wrong is refused, and convicts nobody", async () => {
  const at = await start();
  await anchorTo(at).hold(checkpoint(20), position(0, 20));
  const sound = consistencyProof(leaves.slice(0, 30), 20);
  for (const proof of [[], sound.slice(1), sound.with(0, Buffer.alloc(32)), consistencyProof(leaves.slice(0, 30), 19), consistencyProof(other.slice(0, 30), 20)])
    await expect(anchorTo(at).hold(checkpoint(30), { anchored: 20, prove: () => Promise.resolve(proof) })).rejects.toMatchObject({ code: "anchor.refused" });
  expect(contradictions()).toEqual([]);
  await anchorTo(at).hold(checkpoint(30), position(20, 30));
});

test("a memory of before, which has no note, still binds", async () => {
  let at = await start();
  await anchorTo(at).hold(checkpoint(20), position(0, 20));
  const [file = ""] = readdirSync(join(folder, "logs"));
  const memory = JSON.parse(readFileSync(join(folder, "logs", file), "utf8")) as Readonly<Record<string, unknown>>;
  expect(memory["note"]).toBe(noteOf(20));
  writeFileSync(join(folder, "logs", file), JSON.stringify({ ...memory, note: undefined }));
  at = await start();
  await expect(anchorTo(at).hold(checkpoint(30, other), position(20, 30, other))).rejects.toMatchObject({ code: "anchor.refused" });
  expect(contradictions().map((kept) => Object.keys(kept))).toEqual([["other.note", "proof.txt"]]);
  await anchorTo(at).hold(checkpoint(30), position(20, 30));
});

test("whose witness goes on while it is asked asks again from there, and not for ever", async () => {
  const { key } = await start();
  server?.close();
  const olds: string[] = [];
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      olds.push(body.split("\n")[0] ?? "");
      response.writeHead(409, { "content-type": "text/x.tlog.size" }).end(`${10 + olds.length}\n`);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(anchorTo({ url, key }).hold(checkpoint(20), position(3, 20))).rejects.toMatchObject({ code: "anchor.unavailable" });
  expect(olds).toEqual(["old 3", "old 11", "old 12", "old 13"]);
  await expect(anchorTo({ url, key }).hold(checkpoint(15), position(3, 15))).rejects.toMatchObject({ code: "anchor.refused", context: { why: "ahead", size: 16 } });
});

test("a log that was put back isn't cosigned again below what was seen", async () => {
  const at = await start();
  await anchorTo(at).hold(checkpoint(20), position(0, 20));
  await expect(anchorTo(at).hold(checkpoint(12), position(0, 12))).rejects.toMatchObject({ code: "anchor.refused", context: { why: "ahead", size: 20 } });
});

test("what isn't a request, isn't signed or isn't of its logs is refused by its status", async () => {
  const { witness } = await start();
  const stranger = ed25519FromSeed(seededBytes("stranger")(32));
  const forged = signNote(checkpointText({ origin: `${log.name}/system/1`, size: 3, root: merkleRoot(leaves.slice(0, 3)) }), { ...log, privateKey: stranger.privateKey });
  const foreign = signNote(checkpointText({ origin: "dother.sallyport/system/1", size: 3, root: merkleRoot(leaves.slice(0, 3)) }), log);
  const ask = (oldSize: number, proof: readonly Buffer[], note: string): number => witness.addCheckpoint(witnessRequestText({ oldSize, proof, note })).status;
  expect(witness.addCheckpoint("hello").status).toBe(400);
  expect(ask(0, [], "no note\n")).toBe(400);
  expect(ask(0, [], foreign)).toBe(404);
  expect(ask(0, [], forged)).toBe(403);
  expect(ask(9, [], noteOf(7))).toBe(400);
  expect(ask(0, [Buffer.alloc(32)], noteOf(7))).toBe(422);
  expect(ask(3, [], noteOf(7))).toBe(409);
  expect(readdirSync(join(folder, "logs"))).toHaveLength(0);
});

test("over HTTP there is one route, with a bounded body", async () => {
  const { url } = await start();
  const status = async (path: string, init: RequestInit): Promise<number> => (await fetch(`${url}${path}`, init)).status;
  expect(await status("/", { method: "POST" })).toBe(404);
  expect(await status("/add-checkpoint", {})).toBe(405);
  expect(await status("/add-checkpoint", { method: "POST", body: "x".repeat(70_000) })).toBe(413);
});

test("a witness with half a memory cosigns nothing", async () => {
  let at = await start();
  await anchorTo(at).hold(checkpoint(7), position(0, 7));
  const [file = ""] = readdirSync(join(folder, "logs"));
  writeFileSync(join(folder, "logs", file), "{}");
  at = await start();
  await expect(anchorTo(at).hold(checkpoint(20), position(7, 20))).rejects.toMatchObject({ code: "anchor.unavailable" });
});

test("a cosignature by another key than was agreed on is refused", async () => {
  const at = await start();
  const { raw: rawOther } = ed25519FromSeed(seededBytes("agreed")(32));
  const agreed = witnessKeyOf("witness.example/w1", rawOther);
  await expect(witnessAnchor({ url: at.url, key: agreed, deadlineMs: 2000 }).hold(checkpoint(7), position(0, 7))).rejects.toMatchObject({ code: "anchor.refused" });
});
