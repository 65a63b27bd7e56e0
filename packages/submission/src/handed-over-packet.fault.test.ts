import { badTurns, heldKey, turnOf } from "@sallyport/audit/testing";
import { canonicalJson } from "@sallyport/crypto";
import { type Defence, faultTest } from "@sallyport/testkit";
import { beforeAll, expect, test } from "vitest";
import { packed, PacketDesk, type PacketKeys, RECIPIENT } from "./testing/packet-desk.ts";
import { type PacketFaultKind, type PacketRules, strictPacketRules } from "./packet-fault.ts";
import { readPacketManifest } from "./packet-manifest.ts";
import { ContainerReader } from "./read-container.ts";
import { type PacketVerdict, verifyPacket } from "./verify-packet.ts";

let desk: PacketDesk;
beforeAll(async () => {
  desk = await PacketDesk.open();
});

const [first, second, third] = [heldKey("first"), heldKey("second"), heldKey("third")];
const turn = turnOf(first, second);
async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
const verdictOn = async (keys: PacketKeys, fingerprint?: string, rules: PacketRules = strictPacketRules): Promise<PacketVerdict> =>
  verifyPacket(new ContainerReader(once(await packed(desk.make({ keys })))), { recipient: RECIPIENT, ...(fingerprint !== undefined && { fingerprint }) }, rules);
const kindsIn = async (...asked: Parameters<typeof verdictOn>): Promise<readonly PacketFaultKind[]> => (await verdictOn(...asked)).faults.map(({ kind }) => kind);
const rulesBut = (defence: Defence, off: keyof PacketRules): PacketRules => ({ ...strictPacketRules, [off]: defence === "on" });

test("a packet by a key that another handed over to verifies by either one's fingerprint, with a receipt of the earlier one's time", async () => {
  const keys = { states: second, handovers: [turn], receipt: first };
  const verdict = await verdictOn(keys, first.fingerprint);
  expect(verdict).toMatchObject({ whole: true, pinned: true, fingerprint: second.fingerprint, handedOver: [{ from: first.fingerprint, to: second.fingerprint }] });
  expect(verdict.proves[0]).toContain(`${first.fingerprint}, handed over to ${second.fingerprint}`);
  expect(verdict.packet?.manifest).toMatchObject({ v: 2, handovers: [turn] });
  const own = await verdictOn(keys, second.fingerprint);
  expect([own.whole, own.handedOver]).toEqual([true, undefined]);
});

test("a packet that was prepared before a turn may be released after it: the proof of that leads back to the manifest's key by itself", async () => {
  expect(await kindsIn({ states: first, releases: second, releaseHandovers: [turn] }, first.fingerprint)).toEqual([]);
});

faultTest("S12", "a release that is proven under a key of no line with the manifest's doesn't count", async (defence) => {
  const rules = rulesBut(defence, "release");
  for (const releaseHandovers of [[], [turnOf(second, first)], [turnOf(third, second)]])
    expect(await kindsIn({ states: first, releases: second, releaseHandovers }, first.fingerprint, rules)).toEqual(["release"]);
  // Whoever has an earlier key by now can't make the release of a packet by the key of now.
  expect(await kindsIn({ states: second, handovers: [turn], releases: first }, second.fingerprint, rules)).toEqual(["release"]);
});

faultTest("S9", "a receipt by a key that nothing leads to doesn't count", async (defence) => {
  const rules = rulesBut(defence, "receipts");
  expect(await kindsIn({ states: second, handovers: [turn], receipt: third }, second.fingerprint, rules)).toEqual(["receipt"]);
});

faultTest("S11", "a fingerprint of a key that follows the manifest's isn't taken, nor an earlier one without its handovers", async (defence) => {
  const rules = rulesBut(defence, "key");
  expect(await kindsIn({ states: first, handovers: [turn] }, second.fingerprint, rules)).toEqual(["key"]);
  expect(await kindsIn({ states: second }, first.fingerprint, rules)).toEqual(["key"]);
});

test.each(badTurns(first, second))("with a handover that %s, a packet isn't whole by the earlier key", async (_name, handovers) => {
  expect((await verdictOn({ states: second, handovers, releaseHandovers: [], receipt: second }, first.fingerprint)).whole).toBe(false);
});

faultTest("S9", "the manifest is signed by the very key that it names, and by none behind it", async (defence) => {
  const made = desk.make({ keys: { states: second, handovers: [turn] } });
  const forged = await packed({ ...made, signature: desk.sign(made.manifest, first) });
  const { faults } = await verifyPacket(new ContainerReader(once(forged)), { fingerprint: second.fingerprint }, rulesBut(defence, "signature"));
  expect(faults.map(({ kind }) => kind)).toEqual(["signature"]);
});

test("a manifest of version 2 has handovers, and one of version 1 none", () => {
  const bare = JSON.parse(desk.make().manifest) as object;
  expect(readPacketManifest(canonicalJson({ ...bare, v: 2, handovers: [turn] }))?.handovers).toEqual([turn]);
  for (const refused of [{ v: 2, handovers: [] }, { v: 2 }, { handovers: [turn] }, { v: 2, handovers: turn }, { v: 3, handovers: [turn] }])
    expect(readPacketManifest(canonicalJson({ ...bare, ...refused }))).toBeNull();
});
