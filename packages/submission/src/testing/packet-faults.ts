import { createHash } from "node:crypto";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { canonicalJson } from "@sallyport/crypto";
import type { PacketFaultKind, PacketRules } from "../packet-fault.ts";
import { tarHeader } from "../tar-header.ts";
import type { PacketPins } from "../verify-packet.ts";
import { type Made, OTHER_RECIPIENT, packed, PacketDesk, RECIPIENT } from "./packet-desk.ts";

/** Two deployments, and a packet of the first: what every fault is made from. */
export interface Desks {
  readonly desk: PacketDesk;
  readonly other: PacketDesk;
  readonly made: Made;
  readonly bytes: Buffer;
}
export async function openDesks(): Promise<Desks> {
  const [desk, other] = [await PacketDesk.open(), await PacketDesk.open()];
  const made = desk.make();
  return { desk, other, made, bytes: await packed(made) };
}

/** One container as somebody gets it, against what they hold it, and which faults it has. */
interface PacketCase {
  readonly what: string;
  readonly container: Buffer;
  readonly pins: PacketPins;
  /** In order of their names. */
  readonly kinds: readonly PacketFaultKind[];
}
interface PacketFaultGroup {
  readonly row: "S9" | "S10" | "S11" | "S12";
  readonly title: string;
  /** The rules that find it. */
  readonly found: readonly (keyof PacketRules)[];
  /** Rules that would find more of it, which `kinds` leaves out: a manifest that was signed anew has a release of another. */
  readonly apart?: readonly (keyof PacketRules)[];
  readonly cases: (desks: Desks) => Promise<readonly PacketCase[]>;
}
export const REPORT = "0001/m5/53-clin-stud-rep/report.pdf";
const COVER = "0001/m1/us/cover.pdf";
const END = Buffer.alloc(1024);

interface Entry {
  readonly path: string;
  readonly bytes: Buffer;
}
/** The container's entries as they lie, to be put together otherwise. */
function entriesOf(container: Buffer): readonly Entry[] {
  const found: Entry[] = [];
  for (let at = 0; container[at] !== 0; ) {
    const path = container.toString("latin1", at, at + 100).replace(/\0.*$/s, "");
    const length = Number.parseInt(container.toString("latin1", at + 124, at + 135), 8);
    const end = at + 512 + Math.ceil(length / 512) * 512;
    found.push({ path, bytes: container.subarray(at, end) });
    at = end;
  }
  return found;
}
const together = (entries: readonly Pick<Entry, "bytes">[]): Buffer => Buffer.concat([...entries.map((entry) => entry.bytes), END]);
/** The entries with one of them changed. */
const changed = (entries: readonly Entry[], path: string, change: (bytes: Buffer) => Buffer): Buffer =>
  together(entries.map((entry) => (entry.path === path ? { bytes: change(entry.bytes) } : entry)));
/** A header as another packer could write it: its type changed and its sum made right. */
function headerOf(path: string, length: number, type: string): Buffer {
  const header = Buffer.from(tarHeader("x", length));
  header.write(path.padEnd(100, "\0"), 0, "latin1");
  header.write(type, 156, "latin1");
  header.fill(0x20, 148, 156);
  const sum = header.reduce((all, byte) => all + byte, 0).toString(8);
  header.write(`${sum.padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}
const pinsOf = ({ desk }: Desks): PacketPins => ({ fingerprint: desk.key.fingerprint, recipient: RECIPIENT });
type Bare = readonly [what: string, container: Buffer, ...kinds: PacketFaultKind[]];
const held = (desks: Desks, cases: readonly Bare[], pins = pinsOf(desks)): readonly PacketCase[] => cases.map(([what, container, ...kinds]) => ({ what, container, pins, kinds }));

export const PACKET_FAULTS: readonly PacketFaultGroup[] = [
  {
    row: "S9",
    title: "the manifest is the custodian's, or nothing of the packet is believed",
    found: ["signature"],
    cases: async (desks) => held(desks, [["another deployment's signature", await packed({ ...desks.made, signature: desks.other.sign(desks.made.manifest) }), "signature"]]),
  },
  {
    row: "S9",
    title: "a file that was added, or is there twice, is found",
    found: ["strays"],
    cases: (desks) => {
      const entries = entriesOf(desks.bytes);
      const added = { bytes: Buffer.concat([tarHeader("0001/m1/more.pdf", 3), Buffer.from("new"), Buffer.alloc(509)]) };
      return Promise.resolve(
        held(desks, [
          ["added behind", together([...entries, added]), "extra"],
          ["added between", together([...entries.slice(0, 3), added, ...entries.slice(3)]), "extra"],
          ["twice", together([...entries, ...entries.filter(({ path }) => path === REPORT)]), "duplicate"],
        ]),
      );
    },
  },
  {
    row: "S9",
    title: "a file that was taken out, or renamed, is found",
    found: ["whole", "strays"],
    cases: (desks) => {
      const entries = entriesOf(desks.bytes);
      const listed = entries.slice(2).map(({ path }) => path);
      const renamed = (bytes: Buffer): Buffer => Buffer.concat([tarHeader("0001/m9.pdf", bytes.length - 512), bytes.subarray(512)]);
      return Promise.resolve(
        held(desks, [
          ...listed.map((path): Bare => [`${path} taken out`, together(entries.filter((entry) => entry.path !== path)), "missing"]),
          ...listed.map((path): Bare => [`${path} renamed`, changed(entries, path, renamed), "extra", "missing"]),
        ]),
      );
    },
  },
  {
    row: "S9",
    title: "a name that leads out of the packet, a link and a device are found",
    found: ["names"],
    cases: (desks) => {
      const entries = entriesOf(desks.bytes);
      const odd = [
        ["0001/../../etc/passwd", "0", "path"],
        ["/etc/passwd", "0", "path"],
        ["0001\\m1\\x.pdf", "0", "path"],
        ["0001/m1/link.pdf", "2", "link"],
        ["0001/m1/hard.pdf", "1", "link"],
        ["0001/m1/device.pdf", "3", "form"],
      ] as const;
      return Promise.resolve(
        held(
          desks,
          odd.map(([path, type, kind]): Bare => [path, together([...entries, { bytes: headerOf(path, 0, type) }]), kind]),
        ),
      );
    },
  },
  {
    row: "S9",
    title: "names in a signed manifest that lead out, or are one on some systems, are refused",
    found: ["names", "whole"],
    apart: ["release"],
    cases: async (desks) => {
      const { desk, made } = desks;
      const cases: Bare[] = [];
      for (const path of ["../up.pdf", "/0001/a.pdf", "0001/./a.pdf", "0001/m1/US/cover.pdf", "0001/INDEX.xml", "0001/con.pdf", "other/a.pdf", "0001/e\u0301.pdf"]) {
        const files = [...made.files, { ...made.files[0], path }].sort((one, two) => (one.path < two.path ? -1 : 1));
        const signature = desk.sign(canonicalJson({ ...(JSON.parse(made.manifest) as object), files }));
        cases.push([path, await packed({ ...made, signature }), "path"]);
      }
      return held(desks, cases);
    },
  },
  {
    row: "S9",
    title: "a header that promises what isn't there ends the reading, and costs no more than what is there",
    found: ["content"],
    cases: (desks) => {
      const entries = entriesOf(desks.bytes);
      const small = Buffer.concat([headerOf(COVER, 1, "0"), Buffer.alloc(512)]);
      const huge = { bytes: headerOf("0001/m1/huge.pdf", 8 ** 11 - 1, "0") };
      return Promise.resolve(
        held(desks, [
          ["a shorter file", changed(entries, COVER, () => small), "altered"],
          ["eight gigabytes that aren't there", together([...entries, huge]), "extra", "truncated"],
        ]),
      );
    },
  },
  {
    row: "S9",
    title: "trailing bytes, another form of a header, and a cut end are found",
    found: ["form"],
    cases: (desks) => {
      const { bytes } = desks;
      const odd = changed(entriesOf(bytes), REPORT, (entry) => Buffer.concat([headerOf(REPORT, 70_000, "\0"), entry.subarray(512)]));
      return Promise.resolve(
        held(desks, [
          ["a byte more", Buffer.concat([bytes, Buffer.from("x")]), "trailing"],
          ["a block more", Buffer.concat([bytes, Buffer.alloc(512)]), "trailing"],
          ["an older kind of header", odd, "form"],
          ...[1, 512, 1024, 1025, 40_000].map((cut): Bare => [`${cut} bytes less`, bytes.subarray(0, bytes.length - cut), "truncated"]),
        ]),
      );
    },
  },
  {
    row: "S9",
    title: "a receipt that is of no file here, or was altered, is found",
    found: ["receipts"],
    cases: async (desks) => {
      const { desk, made } = desks;
      const without = desk.make({ files: (files) => files.map((file) => ({ ...file, document: null, version: null })) });
      const broken = Buffer.from([...made.contents.values()].at(-1) ?? []);
      broken[100] = (broken[100] ?? 0) ^ 1;
      const isReceipt = (path: string): boolean => path.startsWith("evidence/");
      const contents = new Map([...made.contents].map(([path, content]) => [path, isReceipt(path) ? broken : content]));
      const files = made.files.map((file) => (isReceipt(file.path) ? { ...file, sha256: createHash("sha256").update(broken).digest("hex") } : file));
      return held(desks, [
        ["of no file here", await packed(without), "receipt"],
        ["altered", await packed(desk.seal({ files, contents })), "receipt"],
      ]);
    },
  },
  {
    row: "S10",
    title: "a packet that was made for one recipient isn't another's",
    found: ["recipient"],
    cases: (desks) => Promise.resolve(held(desks, [["to another", desks.bytes, "recipient"]], { ...pinsOf(desks), recipient: OTHER_RECIPIENT })),
  },
  {
    row: "S10",
    title: "the recipient in a manifest can't be changed",
    found: ["signature"],
    apart: ["release"],
    cases: async (desks) => {
      const { made } = desks;
      const [head, , tail] = made.signature.split(".");
      const payload = Buffer.from(made.manifest.replace(RECIPIENT, OTHER_RECIPIENT)).toString("base64url");
      const forged = await packed({ ...made, signature: `${head}.${payload}.${tail}` });
      return held(desks, [["to another", forged, "signature"]], { ...pinsOf(desks), recipient: OTHER_RECIPIENT });
    },
  },
  {
    row: "S11",
    title: "a packet by a key that is in force no more is taken where a witness saw it before, and not where none did",
    found: ["key"],
    cases: async (desks) => {
      const { desk, other, bytes } = desks;
      const { fingerprint } = desk.key;
      const until = "2026-02-01T00:00:00.000Z";
      const pins = { fingerprint, until, witness: desk.witness };
      const old = await packed(desk.make({ cosignedAt: "2026-01-03T00:00:00.000Z" }));
      const late = await packed(desk.make({ cosignedAt: "2026-03-01T00:00:00.000Z" }));
      const prepared = await packed(desk.make({ preparedAt: until, cosignedAt: "2026-01-03T00:00:00.000Z" }));
      return [
        { what: "seen before", container: old, pins, kinds: [] },
        { what: "seen by nobody", container: bytes, pins, kinds: ["key"] },
        { what: "with nobody to ask", container: old, pins: { fingerprint, until }, kinds: ["key"] },
        { what: "seen by another witness", container: old, pins: { ...pins, witness: other.witness }, kinds: ["key"] },
        // A witness that is given is asked for its word, whether or not a time is.
        { what: "seen, at whatever time", container: old, pins: { fingerprint, witness: desk.witness }, kinds: [] },
        { what: "seen by nobody, at whatever time", container: bytes, pins: { fingerprint, witness: desk.witness }, kinds: ["key"] },
        { what: "seen after", container: late, pins, kinds: ["key"] },
        { what: "prepared after", container: prepared, pins, kinds: ["key"] },
      ];
    },
  },
  {
    row: "S11",
    title: "a packet by another key than the one that was given is refused",
    found: ["key"],
    apart: ["release"],
    cases: (desks) => Promise.resolve(held(desks, [["by another key", desks.bytes, "key"]], { fingerprint: desks.other.key.fingerprint })),
  },
  {
    row: "S12",
    title: "a packet whose release isn't on record, or is another's, isn't whole",
    found: ["release"],
    cases: async (desks) => {
      const { desk, made } = desks;
      const records = [{ action: "approval.read" }, { decision: "deny" }, { detail: "packet=spk_0;manifest=0;kind=egress.release;state=done" }];
      const cases: Bare[] = [];
      for (const record of records) cases.push([JSON.stringify(record), await packed(desk.make({ record })), "release"]);
      for (const release of [desk.make().release, "nothing"]) cases.push([`the proof ${release.slice(0, 12)}`, await packed({ ...made, release }), "release"]);
      return held(desks, cases);
    },
  },
];

/** What is done to a packet that was unpacked into a folder, and which faults it then has. */
export const FOLDER_FAULTS: readonly { readonly what: string; readonly change: (folder: string) => void; readonly kinds: readonly PacketFaultKind[] }[] = [
  { what: "nothing", change: () => undefined, kinds: [] },
  { what: "a file more", change: (folder) => writeFileSync(join(folder, "0001/m1/extra.pdf"), "x"), kinds: ["extra"] },
  { what: "a file less", change: (folder) => rmSync(join(folder, REPORT)), kinds: ["missing"] },
  { what: "a file moved", change: (folder) => renameSync(join(folder, REPORT), join(folder, "0001/m5/moved.pdf")), kinds: ["extra", "missing"] },
  { what: "a letter changed", change: (folder) => writeFileSync(join(folder, "0001/index.xml"), "<ectD/>"), kinds: ["altered"] },
  { what: "a longer file", change: (folder) => writeFileSync(join(folder, "0001/index.xml"), "longer than it was"), kinds: ["altered"] },
  { what: "a link", change: (folder) => symlinkSync("/etc/passwd", join(folder, "0001/m1/link.pdf")), kinds: ["link"] },
];

/** A packet as it is unpacked, into a folder that isn't there yet. */
export function unpack(made: Made, folder: string): void {
  for (const [path, content] of [...made.contents, ["manifest.jws", Buffer.from(made.signature)], ["release.proof", Buffer.from(made.release)]] as const) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}
