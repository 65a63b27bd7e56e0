import { expect, test } from "vitest";
import { secretKey } from "@sallyport/crypto";
import { faultTest, seededBytes } from "@sallyport/testkit";
import { CHUNK_BYTES, chunkCount, fileId, openFile, openFileName, openPacket, sealChunk, sealFileName, sealPacket } from "./packet.ts";

const random = seededBytes("packet");
const key = { id: "pkt-test-1", key: secretKey(random(32)) };
const ID = "pkt_00000000000000000000000001";
const bytesOf = (length: number) => Buffer.alloc(length, "synthetic packet ");

test.each([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])("a packet of %i bytes opens as it came", (length) => {
  const chunks = sealPacket(key, ID, bytesOf(length));
  expect(chunks).toHaveLength(Math.max(1, Math.ceil(length / CHUNK_BYTES)));
  expect(openPacket(key, ID, chunks).equals(bytesOf(length))).toBe(true);
});

test("what is stored holds nothing of the packet", () => {
  for (const chunk of sealPacket(key, ID, bytesOf(CHUNK_BYTES + 9))) expect(chunk.includes("synthetic")).toBe(false);
});

const chunks = sealPacket(key, ID, bytesOf(3 * CHUNK_BYTES));
const [first = Buffer.of(), second = Buffer.of(), third = Buffer.of()] = chunks;
const altered = Buffer.from(second);
altered[100] = (altered[100] ?? 0) ^ 1;
const DAMAGE: readonly (readonly [what: string, chunks: readonly Buffer[]])[] = [
  ["without its last chunk", [first, second]],
  ["without its first chunk", [second, third]],
  ["without a chunk in the middle", [first, third]],
  ["with two chunks exchanged", [second, first, third]],
  ["with a chunk twice", [first, first, second, third]],
  ["with a chunk added after the last", [first, second, third, third]],
  ["with a byte changed", [first, altered, third]],
  ["with a chunk cut short", [first, second.subarray(0, -1), third]],
  ["with no chunk at all", []],
  ["with an empty chunk", [first, Buffer.of(), third]],
];
for (const [what, damaged] of DAMAGE) {
  test(`a packet ${what} does not open, not even in part`, () => {
    expect(() => openPacket(key, ID, damaged)).toThrow("phi.integrity");
  });
}

test("a packet does not open as another packet, or under another packet's key", () => {
  expect(() => openPacket(key, "pkt_00000000000000000000000002", chunks)).toThrow("phi.integrity");
  expect(() => openPacket({ id: "pkt-test-2", key: key.key }, ID, chunks)).toThrow("phi.integrity");
  expect(() => openPacket({ id: key.id, key: secretKey(random(32)) }, ID, chunks)).toThrow("phi.integrity");
});

faultTest("E2", "a chunk of one packet does not open in another's place under the same key", async (defence) => {
  const other = "pkt_00000000000000000000000002";
  const mixed = sealPacket(key, defence === "on" ? other : ID, bytesOf(3 * CHUNK_BYTES));
  expect(() => openPacket(key, ID, [first, mixed[1] ?? Buffer.of(), third])).toThrow("phi.integrity");
});

/** The chunks of one of `count` files, sealed one by one, as they come. */
function fileOf(n: number, count: number, length: number): Buffer[] {
  const chunkTotal = chunkCount(length);
  return Array.from({ length: chunkTotal }, (_, index) =>
    sealChunk(key, fileId(ID, n, count), { index, last: index === chunkTotal - 1 }, bytesOf(length).subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)),
  );
}

async function opened(id: string, length: number, sealed: readonly Buffer[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of openFile(key, id, length, sealed)) parts.push(part);
  return Buffer.concat(parts);
}

test.each([1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])("each file of a packet, of %i bytes, opens as it came, chunk by chunk", async (length) => {
  expect((await opened(fileId(ID, 2, 3), length, fileOf(2, 3, length))).equals(bytesOf(length))).toBe(true);
});

test("the only file of a packet is sealed as version 1 of the form seals a packet", async () => {
  expect(openPacket(key, ID, fileOf(1, 1, CHUNK_BYTES + 9)).equals(bytesOf(CHUNK_BYTES + 9))).toBe(true);
  expect((await opened(fileId(ID, 1, 1), 3 * CHUNK_BYTES, chunks)).equals(bytesOf(3 * CHUNK_BYTES))).toBe(true);
});

for (const [what, damaged] of DAMAGE) {
  test(`a file ${what} does not open to its end`, async () => {
    await expect(opened(ID, 3 * CHUNK_BYTES, damaged)).rejects.toThrow("phi.integrity");
  });
}

test("a file opens as itself only: not as another of the packet, nor as one of fewer or more files, nor at another length", async () => {
  const second = fileOf(2, 3, CHUNK_BYTES + 9);
  for (const [n, count] of [
    [1, 3],
    [3, 3],
    [2, 2],
    [2, 4],
    [1, 1],
  ] as const)
    await expect(opened(fileId(ID, n, count), CHUNK_BYTES + 9, second)).rejects.toThrow("phi.integrity");
  for (const length of [CHUNK_BYTES + 8, CHUNK_BYTES + 10, CHUNK_BYTES, 2 * CHUNK_BYTES + 1])
    await expect(opened(fileId(ID, 2, 3), length, second)).rejects.toThrow("phi.integrity");
});

test("a file's name is sealed to the file, and is no chunk of it", () => {
  const sealed = sealFileName(key, fileId(ID, 2, 3), "dm-Ærø.json");
  expect(sealed.includes("json")).toBe(false);
  expect(openFileName(key, fileId(ID, 2, 3), sealed)).toBe("dm-Ærø.json");
  expect(() => openFileName(key, fileId(ID, 1, 3), sealed)).toThrow("phi.integrity");
  expect(() => openPacket(key, fileId(ID, 2, 3), [sealed])).toThrow("phi.integrity");
});
