import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Defence, faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Made, OTHER_RECIPIENT, packed, PacketDesk, RECIPIENT } from "../test/packet-desk.ts";
import { packetAt } from "./packet-folder.ts";
import { type PacketFaultKind, type PacketRules, strictPacketRules } from "./packet-fault.ts";
import { ContainerReader } from "./read-container.ts";
import { tarHeader } from "./tar-header.ts";
import { type PacketPins, type PacketVerdict, verifyPacket } from "./verify-packet.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] === "1";
let [desk, other] = [] as unknown as [PacketDesk, PacketDesk];
let made: Made;
let bytes: Buffer;
let home: string;
beforeAll(async () => {
  desk = await PacketDesk.open();
  other = await PacketDesk.open();
  made = desk.make();
  bytes = await packed(made);
  home = mkdtempSync(join(tmpdir(), "packet-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** In pieces of an odd length, so that no boundary of theirs is one of the container's. */
async function* inPieces(all: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < all.length; at += 4099) yield all.subarray(at, at + 4099);
}
const rulesBut = (defence: Defence, ...off: readonly (keyof PacketRules)[]): PacketRules => ({
  ...strictPacketRules,
  ...(defence === "off" && Object.fromEntries(off.map((name) => [name, false]))),
});
const verified = (
  container: Buffer,
  rules: PacketRules = strictPacketRules,
  pins: PacketPins = { fingerprint: desk.key.fingerprint, recipient: RECIPIENT },
): Promise<PacketVerdict> => verifyPacket(new ContainerReader(inPieces(container)), pins, rules);
const kindsIn = async (container: Buffer, rules?: PacketRules, pins?: PacketPins): Promise<readonly PacketFaultKind[]> =>
  (await verified(container, rules, pins)).faults.map(({ kind }) => kind);

/** The container's entries as they lie, to be put together otherwise. */
function entriesOf(container: Buffer): readonly { readonly path: string; readonly bytes: Buffer }[] {
  const found: { path: string; bytes: Buffer }[] = [];
  for (let at = 0; container[at] !== 0; ) {
    const path = container.toString("latin1", at, at + 100).replace(/\0.*$/s, "");
    const length = Number.parseInt(container.toString("latin1", at + 124, at + 135), 8);
    const end = at + 512 + Math.ceil(length / 512) * 512;
    found.push({ path, bytes: container.subarray(at, end) });
    at = end;
  }
  return found;
}
const END = Buffer.alloc(1024);
const together = (entries: readonly { readonly bytes: Buffer }[], end = END): Buffer => Buffer.concat([...entries.map((entry) => entry.bytes), end]);
/** A header as another packer could write it: its type changed and its sum made right. */
function headerOf(path: string, length: number, type: string): Buffer {
  const header = Buffer.from(tarHeader("x", length));
  header.write(path.padEnd(100, "\0"), 0, "latin1");
  header.write(type, 156, "latin1");
  header.fill(0x20, 148, 156);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
    "latin1",
  );
  return header;
}
const REPORT = "0001/m5/53-clin-stud-rep/report.pdf";

test("a packet that is whole says for whom, by whom, and who signed in it", async () => {
  const verdict = await verified(bytes);
  expect(verdict).toMatchObject({ whole: true, pinned: true, reads: "whole", faults: [], records: 1 });
  expect(verdict.packet?.signatures).toMatchObject([{ path: REPORT, printedName: "Zoë Łuczak", meaning: "approval", standing: "proven" }]);
  expect(verdict.proves.join("\n")).toMatch(/sealed to age1ql3z.*\nEach of its 5 files/);
  const unpinned = await verified(bytes, strictPacketRules, {});
  expect([unpinned.whole, unpinned.reads]).toEqual([true, "self-consistent, key not pinned"]);
  expect(unpinned.doesNotProve.join("\n")).toMatch(/key is the deployment's.*\nThat it was made for you/);
});

test("what is packed twice is the same bytes", async () => {
  expect((await packed(made)).equals(bytes)).toBe(true);
});

faultTest("S9", "with any byte of it flipped, a packet is not whole", async (defence) => {
  const rules = rulesBut(defence, "content", "form", "receipts");
  const step = LONG ? 1 : 293;
  for (let at = 0; at < bytes.length; at += step) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    expect([at, (await verified(flipped, rules)).whole]).toEqual([at, false]);
  }
});

faultTest("S9", "the manifest is the custodian's, or nothing of the packet is believed", async (defence) => {
  const rules = rulesBut(defence, "signature");
  const forged = { ...made, signature: other.sign(made.manifest) };
  const verdict = await verified(await packed(forged), rules);
  expect([verdict.faults.map(({ kind }) => kind), verdict.packet, verdict.proves]).toEqual([["signature"], null, []]);
});

faultTest("S9", "a file that was added, or is there twice, is found", async (defence) => {
  const rules = rulesBut(defence, "strays");
  const entries = entriesOf(bytes);
  const added = { bytes: Buffer.concat([tarHeader("0001/m1/more.pdf", 3), Buffer.from("new"), Buffer.alloc(509)]) };
  expect(await kindsIn(together([...entries, added]), rules)).toEqual(["extra"]);
  expect(await kindsIn(together([...entries.slice(0, 3), added, ...entries.slice(3)]), rules)).toEqual(["extra"]);
  const twice = entries.find(({ path }) => path === REPORT) ?? added;
  expect(await kindsIn(together([...entries, twice]), rules)).toEqual(["duplicate"]);
});

faultTest("S9", "a file that was taken out, or renamed, is found", async (defence) => {
  const rules = rulesBut(defence, "whole", "strays");
  const entries = entriesOf(bytes);
  for (const { path } of entries.slice(2)) {
    expect([path, await kindsIn(together(entries.filter((entry) => entry.path !== path)), rules)]).toEqual([path, ["missing"]]);
    const renamed = entries.map((entry) =>
      entry.path === path ? { bytes: Buffer.concat([tarHeader("0001/m9.pdf", entry.bytes.length - 512), entry.bytes.subarray(512)]) } : entry,
    );
    expect([path, [...(await kindsIn(together(renamed), rules))].sort()]).toEqual([path, ["extra", "missing"]]);
  }
});

faultTest("S9", "a name that leads out of the packet, a link and a device are found", async (defence) => {
  const rules = rulesBut(defence, "names");
  const entries = entriesOf(bytes);
  for (const [path, type, kind] of [
    ["0001/../../etc/passwd", "0", "path"],
    ["/etc/passwd", "0", "path"],
    ["0001\\m1\\x.pdf", "0", "path"],
    ["0001/m1/link.pdf", "2", "link"],
    ["0001/m1/hard.pdf", "1", "link"],
    ["0001/m1/device.pdf", "3", "form"],
  ] as const)
    expect([path, await kindsIn(together([...entries, { bytes: headerOf(path, 0, type) }]), rules)]).toEqual([path, [kind]]);
});

faultTest("S9", "names in a signed manifest that lead out, or are one on some systems, are refused", async (defence) => {
  const rules = rulesBut(defence, "names", "whole");
  for (const path of ["../up.pdf", "/0001/a.pdf", "0001/./a.pdf", "0001/m1/US/cover.pdf", "0001/INDEX.xml", "0001/con.pdf", "other/a.pdf", "0001/e\u0301.pdf"]) {
    const { files } = made;
    const [first] = files;
    const manifest = JSON.parse(made.manifest) as object;
    const listed = [...files, { ...first, path }].sort((one, two) => ((one.path ?? "") < (two.path ?? "") ? -1 : 1));
    const { canonicalJson } = await import("@sallyport/crypto");
    const signature = desk.sign(canonicalJson({ ...manifest, files: listed }));
    expect([path, (await verified(await packed({ ...made, signature }), { ...rules, release: false })).faults.map(({ kind }) => kind)]).toEqual([path, ["path"]]);
  }
});

faultTest("S9", "a header that promises what isn't there ends the reading, and costs no more than what is there", async (defence) => {
  const rules = rulesBut(defence, "content");
  const entries = entriesOf(bytes);
  const bomb = headerOf("0001/m1/us/cover.pdf", 1, "0");
  expect(await kindsIn(together(entries.map((entry) => (entry.path === "0001/m1/us/cover.pdf" ? { bytes: Buffer.concat([bomb, Buffer.alloc(512)]) } : entry))), rules)).toContain(
    "altered",
  );
  const huge = { bytes: headerOf("0001/m1/huge.pdf", 8 ** 11 - 1, "0") };
  expect(await kindsIn(together([...entries, huge]), strictPacketRules)).toContain("truncated");
});

faultTest("S9", "trailing bytes, another form of a header, and a cut end are found", async (defence) => {
  const rules = rulesBut(defence, "form");
  const entries = entriesOf(bytes);
  expect(await kindsIn(Buffer.concat([bytes, Buffer.from("x")]), rules)).toEqual(["trailing"]);
  expect(await kindsIn(Buffer.concat([bytes, Buffer.alloc(512)]), rules)).toEqual(["trailing"]);
  const odd = entries.map((entry) => (entry.path === REPORT ? { bytes: Buffer.concat([headerOf(REPORT, 70_000, "\0"), entry.bytes.subarray(512)]) } : entry));
  expect(await kindsIn(together(odd), rules)).toEqual(["form"]);
  for (const cut of [1, 512, 1024, 1025, 40_000]) expect(await kindsIn(bytes.subarray(0, bytes.length - cut), strictPacketRules)).toContain("truncated");
});

faultTest("S9", "a receipt that is of no file here, or was altered, is found", async (defence) => {
  const rules = rulesBut(defence, "receipts");
  const [, receipt] = [...made.contents].at(-1) ?? [];
  const without = desk.make({ files: (files) => files.map((file) => ({ ...file, document: null, version: null })) });
  expect(await kindsIn(await packed(without), rules)).toEqual(["receipt"]);
  const broken = Buffer.from(receipt ?? []);
  broken[100] = (broken[100] ?? 0) ^ 1;
  const { createHash } = await import("node:crypto");
  const contents = new Map([...made.contents].map(([path, content]) => [path, path.startsWith("evidence/") ? broken : content]));
  const files = made.files.map((file) => (file.path.startsWith("evidence/") ? { ...file, sha256: createHash("sha256").update(broken).digest("hex") } : file));
  expect(await kindsIn(await packed(desk.seal({ files, contents })), rules)).toEqual(["receipt"]);
});

faultTest("S9", "a packet in a folder is held against the same", async (defence) => {
  const rules = rulesBut(defence, "strays", "whole", "names", "content");
  const whole = join(home, `whole-${defence}`);
  for (const [path, content] of [...made.contents, ["manifest.jws", Buffer.from(made.signature)], ["release.proof", Buffer.from(made.release)]] as const) {
    mkdirSync(dirname(join(whole, path)), { recursive: true });
    writeFileSync(join(whole, path), content);
  }
  const kindsAfter = async (change: (folder: string) => void): Promise<readonly PacketFaultKind[]> => {
    const folder = mkdtempSync(join(home, "changed-"));
    cpSync(whole, folder, { recursive: true });
    change(folder);
    const reader = await packetAt(folder);
    if (reader === null) throw new RangeError("no packet");
    return (await verifyPacket(reader, { fingerprint: desk.key.fingerprint, recipient: RECIPIENT }, rules)).faults.map(({ kind }) => kind).sort();
  };
  expect(await kindsAfter(() => undefined)).toEqual([]);
  expect(await kindsAfter((folder) => writeFileSync(join(folder, "0001/m1/extra.pdf"), "x"))).toEqual(["extra"]);
  expect(await kindsAfter((folder) => rmSync(join(folder, REPORT)))).toEqual(["missing"]);
  expect(await kindsAfter((folder) => renameSync(join(folder, REPORT), join(folder, "0001/m5/moved.pdf")))).toEqual(["extra", "missing"]);
  expect(await kindsAfter((folder) => writeFileSync(join(folder, "0001/index.xml"), "<ectD/>"))).toEqual(["altered"]);
  expect(await kindsAfter((folder) => writeFileSync(join(folder, "0001/index.xml"), "longer than it was"))).toEqual(["altered"]);
  expect(await kindsAfter((folder) => symlinkSync("/etc/passwd", join(folder, "0001/m1/link.pdf")))).toEqual(["link"]);
});

faultTest("S10", "a packet that was made for one recipient isn't another's", async (defence) => {
  const rules = rulesBut(defence, "recipient");
  expect(await kindsIn(bytes, rules, { fingerprint: desk.key.fingerprint, recipient: OTHER_RECIPIENT })).toEqual(["recipient"]);
});

faultTest("S10", "the recipient in a manifest can't be changed", async (defence) => {
  const rules = rulesBut(defence, "signature");
  const [head, , tail] = made.signature.split(".");
  const payload = Buffer.from(made.manifest.replace(RECIPIENT, OTHER_RECIPIENT)).toString("base64url");
  const forged = await packed({ ...made, signature: `${head}.${payload}.${tail}` });
  expect(await kindsIn(forged, { ...rules, release: false }, { fingerprint: desk.key.fingerprint, recipient: OTHER_RECIPIENT })).toEqual(["signature"]);
});

faultTest("S11", "a packet by a key that is in force no more is taken where a witness saw it before, and not where none did", async (defence) => {
  const rules = rulesBut(defence, "key");
  const pins = { fingerprint: desk.key.fingerprint, until: "2026-02-01T00:00:00.000Z", witness: desk.witness };
  const old = await packed(desk.make({ cosignedAt: "2026-01-03T00:00:00.000Z" }));
  expect(await kindsIn(old, rules, pins)).toEqual([]);
  expect(await kindsIn(bytes, rules, pins)).toEqual(["key"]);
  expect(await kindsIn(old, rules, { fingerprint: desk.key.fingerprint, until: "2026-02-01T00:00:00.000Z" })).toEqual(["key"]);
  expect(await kindsIn(old, rules, { ...pins, witness: other.witness })).toEqual(["key"]);
  // A witness that is given is asked for its word, whether or not a time is.
  const { until: _, ...atAnyTime } = pins;
  expect([await kindsIn(old, rules, atAnyTime), await kindsIn(bytes, rules, atAnyTime)]).toEqual([[], ["key"]]);
  expect(await kindsIn(await packed(desk.make({ cosignedAt: "2026-03-01T00:00:00.000Z" })), rules, pins)).toEqual(["key"]);
  expect(await kindsIn(await packed(desk.make({ preparedAt: "2026-02-01T00:00:00.000Z", cosignedAt: "2026-01-03T00:00:00.000Z" })), rules, pins)).toEqual(["key"]);
});

faultTest("S11", "a packet by another key than the one that was given is refused", async (defence) => {
  const rules = rulesBut(defence, "key");
  expect(await kindsIn(bytes, { ...rules, release: false }, { fingerprint: other.key.fingerprint })).toEqual(["key"]);
});

faultTest("S12", "a packet whose release isn't on record, or is another's, isn't whole", async (defence) => {
  const rules = rulesBut(defence, "release");
  for (const record of [{ action: "approval.read" }, { decision: "deny" }, { detail: "packet=spk_0;manifest=0;kind=egress.release;state=done" }])
    expect([record, await kindsIn(await packed(desk.make({ record })), rules)]).toEqual([record, ["release"]]);
  const elsewhere = desk.make();
  expect(await kindsIn(await packed({ ...made, release: elsewhere.release }), rules)).toEqual(["release"]);
  expect(await kindsIn(await packed({ ...made, release: "nothing" }), rules)).toEqual(["release"]);
});
