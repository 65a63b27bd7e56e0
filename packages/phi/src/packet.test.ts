import { expect, test } from "vitest";
import { secretKey } from "@sallyport/crypto";
import { faultTest, seededBytes } from "@sallyport/testkit";
import { CHUNK_BYTES, openPacket, sealPacket } from "./packet.ts";

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
