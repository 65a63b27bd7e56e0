import { execFileSync, spawnSync } from "node:child_process";
import { deflateRawSync } from "node:zlib";
import { SallyportError } from "@sallyport/errors";
import { faultTest, type ZipOdds, type ZipPart, zipOf } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { sourceOf } from "../testing/document-bytes.ts";
import { inspectDocument } from "./inspect-document.ts";
import { readZip, ZIP_LIMITS } from "./zip.ts";

const whereOf = async (bytes: Buffer): Promise<string> => {
  try {
    await inspectDocument(sourceOf(bytes));
    return "taken";
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code !== "packet.invalid") throw error;
    return String((error.context["where"] as readonly string[])[0]);
  }
};
const where = (parts: readonly ZipPart[], odds?: ZipOdds): Promise<string> => whereOf(zipOf(parts, odds));
const PLAIN: ZipPart = { name: "m1/us/cover.pdf", content: "a cover letter" };
const SECRET = "Jane-Roe-1951";

test("an archive is counted, digested and taken, whichever way its sizes are written", async () => {
  const bytes = zipOf([{ name: "m1/" }, PLAIN, { name: "m2/a.txt", content: "stored", method: 0 }, { name: "m2/größe.txt", content: "x".repeat(5000), described: true }]);
  expect(await inspectDocument(sourceOf(bytes))).toMatchObject({
    mediaType: "application/zip",
    facts: { pdfVersion: null, xmlRoot: null, entries: 4, inflatedBytes: 5020 },
    notes: { active: [], nested: [] },
  });
});

const hasPython = spawnSync("python3", ["--version"]).status === 0;

test.skipIf(!hasPython)(`what other writers write is taken${hasPython ? "" : " (skipped: no python3)"}`, async () => {
  const script = [
    "import io, sys, zipfile",
    "out = io.BytesIO()",
    "with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:",
    "    z.writestr('index.xml', '<a/>' * 1000)",
    "    z.writestr('m1/é.txt', 'text', zipfile.ZIP_STORED)",
    "    with z.open('m2/large.txt', 'w', force_zip64=True) as f: f.write(b'y' * 70000)",
    "class Pipe(io.RawIOBase):",
    "    def writable(self): return True",
    "    def write(self, b): out2.write(bytes(b)); return len(b)",
    "out2 = io.BytesIO()",
    "with zipfile.ZipFile(Pipe(), 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('streamed.txt', 'z' * 100)",
    "sys.stdout.buffer.write(len(out.getvalue()).to_bytes(4, 'little') + out.getvalue() + out2.getvalue())",
  ].join("\n");
  const written = execFileSync("python3", ["-c", script]);
  const first = 4 + written.readUInt32LE(0);
  expect([await whereOf(written.subarray(4, first)), await whereOf(written.subarray(first))]).toEqual(["taken", "taken"]);
});

test.each<readonly [string, string | Buffer]>([
  ["leads upwards", `../${SECRET}`],
  ["leads upwards from within", `a/../../${SECRET}`],
  ["is absolute", `/${SECRET}`],
  ["names a drive", `C:${SECRET}`],
  ["has backslashes", `..\\${SECRET}`],
  ["has an empty folder in it", `a//${SECRET}`],
  ["has a dot for a folder", `./${SECRET}`],
  ["has a control character", `${SECRET}\u0000.pdf`],
  ["is not UTF-8 though it says so", Buffer.from([0xc3, 0x28])],
  ["is overlong UTF-8", Buffer.from([0xc0, 0xae, 0xc0, 0xae, 0x2f])],
])("a name that %s is refused by the entry's number, and isn't repeated", async (_, name) => {
  const found = await where([PLAIN, { name, content: "x" }]);
  expect(found).toMatch(/^entry 2: /);
  expect(found).not.toContain(SECRET);
});

test.each<readonly [string, string, string]>([
  ["again", "a/b.txt", "a/b.txt"],
  ["by case alone", "a/b.txt", "A/B.TXT"],
  ["by composition alone", "caf\u00e9", "cafe\u0301"],
  ["as a folder of what is a file", "a", "a/b.txt"],
  ["as a file of what is a folder", "a/b.txt", "a"],
  ["as a folder twice", "a/", "A/"],
])("a name that another entry has %s is refused", async (_, first, second) => {
  expect(await where([{ name: first }, { name: second }])).toBe("entry 2: a name that another entry has, or that differs from it by case or composition alone");
});

test.each([
  ["symbolic link", 0o120777],
  ["device", 0o020666],
  ["pipe", 0o010666],
  ["socket", 0o140666],
])("a %s is refused", async (_, mode) => {
  expect(await where([PLAIN, { name: "link", content: "/etc/passwd", attributes: mode * 0x1_0000 }])).toBe("entry 2: a link or a device");
});

test.each<readonly [string, ZipOdds]>([
  ["before the first entry", { before: Buffer.from("#!/bin/sh\n") }],
  ["between entries", { between: Buffer.from("hidden") }],
  ["before the directory", { beforeDirectory: Buffer.from("hidden") }],
  ["after its end", { after: Buffer.from("hidden") }],
  ["in a comment", { comment: Buffer.from("%PDF-1.7") }],
])("bytes that stand %s are refused", async (_, odds) => {
  expect(await where([PLAIN, { name: "b" }], odds)).not.toBe("taken");
});

test.each<readonly [string, ZipPart]>([
  ["its size is larger than it comes to", { ...PLAIN, size: 4000 }],
  ["its size is smaller than it comes to", { ...PLAIN, size: 3 }],
  ["its checksum is another", { ...PLAIN, crc: 1 }],
  ["its own header names another file", { ...PLAIN, own: { name: "m1/us/other.pdf" } }],
  ["its own header has another size", { ...PLAIN, own: { size: 3 } }],
  ["its own header has another checksum", { ...PLAIN, own: { crc: 3 } }],
  ["it is encrypted", { ...PLAIN, flags: 0x0801 }],
  ["it is deflated in a way that nobody inflates", { ...PLAIN, method: 12 }],
  ["its content isn't what inflates", { ...PLAIN, deflated: Buffer.from("no deflate") }],
  ["something follows its deflated content", { ...PLAIN, deflated: Buffer.concat([deflateRawSync(Buffer.from("a cover letter")), Buffer.from("hidden")]) }],
  ["it has a second name", { ...PLAIN, extra: Buffer.from("7570060001000000006100".slice(0, 20), "hex") }],
  ["it lies elsewhere", { ...PLAIN, at: 7 }],
])("an entry is refused where %s", async (_, part) => {
  expect(await where([part])).toMatch(/^entry 1: |^the directory: /);
});

test("an archive that announces more entries than it has, or fewer, is refused", async () => {
  expect(await where([PLAIN], { entries: 2 })).not.toBe("taken");
  expect(await where([PLAIN, { name: "b" }], { entries: 1 })).not.toBe("taken");
});

/** Many entries of one content, each quoting the one before it in full (D. Fifield, A better zip bomb, WOOT 2019): the directory says the same place for all. */
const overlapping = (): Buffer => zipOf(Array.from({ length: 50 }, (_, n): ZipPart => ({ name: String(n), content: Buffer.alloc(64 * 1024), at: 0 })));
const large = (): Buffer => zipOf(Array.from({ length: 2 }, (_, n) => ({ name: String(n), content: Buffer.alloc(3 * 1024 * 1024) })));
/** Says that it is small. */
const understated = (): Buffer => zipOf([{ name: "a", content: "", deflated: deflateRawSync(Buffer.alloc(8 * 1024 * 1024)), size: 1000, crc: 0 }]);

faultTest("P14", "a zip bomb is refused, whether it is large, overlaps itself, or says that it is small", async (defence) => {
  const none = { entries: Number.POSITIVE_INFINITY, inflatedBytes: Number.POSITIVE_INFINITY, ratio: Number.POSITIVE_INFINITY };
  for (const [bytes, fault] of [
    [large(), /^the entries: more than 250 times/],
    [overlapping(), /^entry \d+: (?:lies in another entry|its own header differs)/],
    [understated(), /^entry 1: larger than it announces/],
  ] as const) {
    const reading = readZip(sourceOf(bytes), defence === "on" ? ZIP_LIMITS : none);
    await expect(reading).rejects.toMatchObject({ code: "packet.invalid", context: { where: [expect.stringMatching(fault)] } });
  }
});

test("archives within an archive are told by their entries' numbers and not opened", async () => {
  const inner = zipOf([{ name: "bomb", content: Buffer.alloc(900_000) }]);
  const found = await inspectDocument(sourceOf(zipOf([PLAIN, { name: "0.zip", content: inner }, { name: "1", content: Buffer.from("1f8b0800", "hex") }])));
  expect(found.notes.nested).toEqual(["entry 2: an archive, not opened", "entry 3: an archive, not opened"]);
});

test("programs and macros in an archive are told by their entries' numbers", async () => {
  const parts = [PLAIN, { name: "word/vbaProject.bin", content: "x" }, { name: "setup.pdf", content: "MZ\u0090" }, { name: "run", content: "#!/bin/sh\n" }];
  expect((await inspectDocument(sourceOf(zipOf(parts)))).notes.active).toEqual(["entry 2: macros of an office document", "entry 3: a program", "entry 4: a program"]);
});

test("more entries than are taken, and more bytes, are refused by what the directory says", async () => {
  const bytes = zipOf(Array.from({ length: 30 }, (_, n) => ({ name: String(n), content: "0123456789" })));
  const where = async (limits: Partial<typeof ZIP_LIMITS>) => await readZip(sourceOf(bytes), { ...ZIP_LIMITS, ...limits }).catch((error: SallyportError) => error.context["where"]);
  expect(await where({ entries: 29 })).toEqual(["the directory: more than 29 entries"]);
  expect(await where({ inflatedBytes: 299 })).toEqual(["the entries: together larger than is taken"]);
});
