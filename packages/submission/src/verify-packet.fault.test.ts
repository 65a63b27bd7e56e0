import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Defence, faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packed, RECIPIENT } from "./testing/packet-desk.ts";
import { type Desks, FOLDER_FAULTS, openDesks, PACKET_FAULTS, REPORT, unpack } from "./testing/packet-faults.ts";
import { packetAt } from "./packet-folder.ts";
import { type PacketFaultKind, type PacketRules, strictPacketRules } from "./packet-fault.ts";
import { ContainerReader } from "./read-container.ts";
import { type PacketPins, type PacketVerdict, verifyPacket } from "./verify-packet.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] === "1";
let desks: Desks;
let home: string;
beforeAll(async () => {
  desks = await openDesks();
  home = mkdtempSync(join(tmpdir(), "packet-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** In pieces of an odd length, so that no boundary of theirs is one of the container's. */
async function* inPieces(all: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < all.length; at += 4099) yield all.subarray(at, at + 4099);
}
const rulesBut = (...off: readonly (keyof PacketRules)[]): PacketRules => ({ ...strictPacketRules, ...Object.fromEntries(off.map((name) => [name, false])) });
const off = (defence: Defence, ...names: readonly (keyof PacketRules)[]): PacketRules => rulesBut(...(defence === "off" ? names : []));
const verified = (container: Buffer, rules: PacketRules, pins: PacketPins): Promise<PacketVerdict> => verifyPacket(new ContainerReader(inPieces(container)), pins, rules);
const kindsOf = ({ faults }: PacketVerdict): readonly PacketFaultKind[] => faults.map(({ kind }) => kind).sort();

test("a packet that is whole says for whom, by whom, and who signed in it", async () => {
  const { bytes, desk } = desks;
  const verdict = await verified(bytes, strictPacketRules, { fingerprint: desk.key.fingerprint, recipient: RECIPIENT });
  expect(verdict).toMatchObject({ whole: true, pinned: true, reads: "whole", faults: [], records: 1 });
  expect(verdict.packet?.signatures).toMatchObject([{ path: REPORT, printedName: "Zoë Łuczak", meaning: "approval", standing: "proven" }]);
  expect(verdict.proves.join("\n")).toMatch(/sealed to age1ql3z.*\nEach of its 5 files/);
  const unpinned = await verified(bytes, strictPacketRules, {});
  expect([unpinned.whole, unpinned.reads]).toEqual([true, "self-consistent, key not pinned"]);
  expect(unpinned.doesNotProve.join("\n")).toMatch(/key is the deployment's.*\nThat it was made for you/);
});

test("what is packed twice is the same bytes", async () => {
  expect((await packed(desks.made)).equals(desks.bytes)).toBe(true);
});

faultTest("S9", "with any byte of it flipped, a packet is not whole", async (defence) => {
  const { bytes, desk } = desks;
  const rules = off(defence, "content", "form", "receipts");
  const step = LONG ? 1 : 293;
  for (let at = 0; at < bytes.length; at += step) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    expect([at, (await verified(flipped, rules, { fingerprint: desk.key.fingerprint, recipient: RECIPIENT })).whole]).toEqual([at, false]);
  }
});

for (const { row, title, found, apart = [], cases } of PACKET_FAULTS)
  faultTest(row, title, async (defence) => {
    const rules = rulesBut(...apart, ...(defence === "off" ? found : []));
    for (const { what, container, pins, kinds } of await cases(desks)) {
      const verdict = await verified(container, rules, pins);
      expect([what, kindsOf(verdict)]).toEqual([what, kinds]);
      if (kinds.includes("signature")) expect([verdict.packet, verdict.proves]).toEqual([null, []]);
    }
  });

faultTest("S9", "a packet in a folder is held against the same", async (defence) => {
  const rules = off(defence, "strays", "whole", "names", "content");
  for (const { what, change, kinds } of FOLDER_FAULTS) {
    const folder = mkdtempSync(join(home, "changed-"));
    unpack(desks.made, folder);
    change(folder);
    const reader = await packetAt(folder);
    if (reader === null) throw new RangeError("no packet");
    const verdict = await verifyPacket(reader, { fingerprint: desks.desk.key.fingerprint, recipient: RECIPIENT }, rules);
    expect([what, kindsOf(verdict)]).toEqual([what, kinds]);
  }
});
