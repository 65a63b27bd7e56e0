import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeOf } from "@sallyport/errors";
import { Decrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packed, PacketDesk, RECIPIENT } from "./testing/packet-desk.ts";
import { packetAt } from "./packet-folder.ts";
import { isRecipientKey, sealPacket, type Sealed } from "./seal-packet.ts";
import { ageKey, openWithAge, stockAge } from "./testing/stock-age.ts";
import { verifyPacket } from "./verify-packet.ts";

const age = stockAge();
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "sealed-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function sealed(recipient: string, content: AsyncIterable<Uint8Array>): Promise<{ readonly bytes: Buffer; readonly told: Sealed }> {
  const pieces: Uint8Array[] = [];
  const run = sealPacket(recipient, content);
  for (;;) {
    const next = await run.next();
    if (next.done === true) return { bytes: Buffer.concat(pieces), told: next.value };
    pieces.push(next.value);
  }
}
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

test("only an X25519 recipient of the age format is a recipient's key", async () => {
  expect(await isRecipientKey(RECIPIENT)).toBe(true);
  for (const key of [
    "",
    RECIPIENT.toUpperCase(),
    `${RECIPIENT.slice(0, -1)}q`,
    ` ${RECIPIENT}`,
    "age1pq1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
    "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ",
    // Points of low order (RFC 7748 §6.1): 0, and 1.
    "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqywp8qp",
  ])
    expect([key, await isRecipientKey(key)]).toEqual([key, false]);
});

test("points of low order are refused, however right their checksum is", async () => {
  const { bech32 } = await import("@scure/base");
  for (const first of [0, 1]) {
    const point = new Uint8Array(32);
    point[0] = first;
    const key = bech32.encodeFromBytes("age", point);
    expect([key.length, await isRecipientKey(key)]).toEqual([62, false]);
  }
});

test("what is told of a sealed packet is its length and digest", async () => {
  const { bytes, told } = await sealed(RECIPIENT, once(Buffer.alloc(200_000, 7)));
  expect(told).toEqual({ length: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
  expect(bytes.toString("latin1", 0, 22)).toBe("age-encryption.org/v1\n");
});

test.each([0, 1, 65_535, 65_536, 65_537, 131_072, 200_000])("%i bytes, in whatever pieces they come, are what the age library opens", async (bytes) => {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const content = randomBytes(bytes);
  for (const pieceBytes of [1_000, 65_536, 200_000]) {
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes; at += pieceBytes) yield content.subarray(at, at + pieceBytes);
    };
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const opened = await decrypter.decrypt((await sealed(recipient, pieces())).bytes);
    expect([pieceBytes, content.equals(opened)]).toEqual([pieceBytes, true]);
  }
});

test("each sealing has a file key and a nonce of its own, and no other recipient", async () => {
  const content = Buffer.alloc(1_000, 7);
  const [one, other] = [await sealed(RECIPIENT, once(content)), await sealed(RECIPIENT, once(content))];
  const [header, same] = [one, other].map(({ bytes }) => bytes.subarray(0, bytes.length - content.length - 32).toString("latin1"));
  expect(header?.match(/^-> /gm)).toEqual(["-> "]);
  expect(header).toMatch(/\n--- [A-Za-z0-9+/]{43}\n$/);
  expect(header).not.toBe(same);
  const payload = ({ bytes }: { readonly bytes: Buffer }): Buffer => bytes.subarray(bytes.length - content.length - 32);
  expect(payload(one).subarray(0, 16).equals(payload(other).subarray(0, 16))).toBe(false);
  expect(payload(one).subarray(16).equals(payload(other).subarray(16))).toBe(false);
});

test("sealing asks for no more than a little ahead of what was taken, however much there is", async () => {
  let [given, taken, ahead] = [0, 0, 0];
  const source = async function* (): AsyncGenerator<Uint8Array> {
    for (let piece = 0; piece < 256; piece += 1) {
      given += 65_536;
      yield new Uint8Array(65_536);
    }
  };
  for await (const piece of sealPacket(RECIPIENT, source())) {
    taken += piece.length;
    ahead = Math.max(ahead, given - taken);
  }
  expect([given, taken > given]).toEqual([256 * 65_536, true]);
  expect(ahead).toBeLessThan(16 * 65_536);
});

test.skipIf(age === null)(`the stock age command opens a packet, tar unpacks it, and it verifies${age === null ? " (skipped: no age, and apt brings none)" : ""}`, async () => {
  if (age === null) return;
  const [own, other] = [ageKey(age, home), ageKey(age, home)];
  const desk = await PacketDesk.open();
  const { bytes } = await sealed(own.recipient, once(await packed(desk.make({ recipient: own.recipient }))));
  const [file, tar] = [join(home, "packet.age"), join(home, "packet.tar")];
  writeFileSync(file, bytes);
  expect(openWithAge(age, other.file, file, join(home, "none.tar")).opened).toBe(false);
  expect(openWithAge(age, own.file, file, tar)).toEqual({ opened: true, said: "" });
  const folder = join(home, "unpacked");
  mkdirSync(folder);
  expect(spawnSync("tar", ["-xf", tar, "-C", folder], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  for (const path of [tar, folder]) {
    const reader = await packetAt(path);
    expect(reader).not.toBeNull();
    if (reader === null) continue;
    const verdict = await verifyPacket(reader, { fingerprint: desk.key.fingerprint, recipient: own.recipient });
    expect([path, verdict.faults, verdict.whole]).toEqual([path, [], true]);
  }
  // Still sealed, it is told so.
  expect(await packetAt(file).catch(codeOf)).toBe("packet.sealed");
  // One byte of it changed, and nothing opens.
  const broken = readFileSync(file);
  broken[broken.length - 1] = (broken[broken.length - 1] ?? 0) ^ 1;
  writeFileSync(file, broken);
  expect(openWithAge(age, own.file, file, join(home, "broken.tar")).opened).toBe(false);
});
