import { deflateSync } from "node:zlib";
import { SallyportError } from "@sallyport/errors";
import { pdfOf, zipOf } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { sourceOf } from "../testing/document-bytes.ts";
import { inspectDocument } from "./inspect-document.ts";

const found = async (bytes: Buffer, pieceBytes?: number) => await inspectDocument(sourceOf(bytes, pieceBytes));
const where = async (bytes: Buffer): Promise<string> => {
  try {
    await found(bytes);
    return "taken";
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code !== "packet.invalid") throw error;
    return String((error.context["where"] as readonly string[])[0]);
  }
};

test("a PDF is taken with its version, and without a note where nothing in it is active", async () => {
  expect(await found(pdfOf([], { version: "2.0" }))).toMatchObject({ mediaType: "application/pdf", facts: { pdfVersion: "2.0", entries: null }, notes: { active: [] } });
});

test("what is active is told by the standard's own names, however they are written and wherever a piece ends", async () => {
  const bytes = pdfOf(["<< /S /JavaScript /JS (app.alert\\(1\\)) >>", "<< /S /#4aava#53cript >>", "<< /S /Launch /F (x) >>", "<< /Type /EmbeddedFile >>"], {
    trailer: "/OpenAction 3 0 R ",
  });
  for (const pieceBytes of [1, 7, 160, 4096]) {
    expect((await found(bytes, pieceBytes)).notes.active).toEqual(["/EmbeddedFile: once", "/JavaScript: 2 times", "/Launch: once", "/OpenAction: once"]);
  }
});

test("object streams are looked into, and one that can't be is told", async () => {
  const content = deflateSync(Buffer.from("7 0 << /S /JavaScript /JS 8 0 R >>"));
  const stream = (bytes: Buffer) =>
    Buffer.concat([Buffer.from(`<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length ${bytes.length} >>\nstream\n`), bytes, Buffer.from("\nendstream")]);
  expect((await found(pdfOf([stream(content)]))).notes.active).toEqual(["/JavaScript: once"]);
  expect((await found(pdfOf([stream(Buffer.from("not deflated"))]))).notes.active).toEqual(["object streams: 1 that can't be looked into"]);
  // A bomb is one that can't be looked into.
  expect((await found(pdfOf([stream(deflateSync(Buffer.alloc(9 * 1024 * 1024)))]))).notes.active).toEqual(["object streams: 1 that can't be looked into"]);
});

test("an encrypted PDF is refused, and a text that speaks of encryption isn't one", async () => {
  expect(await where(pdfOf(["<< /Filter /Standard /V 5 >>"], { trailer: "/Encrypt 3 0 R " }))).toBe("the file: an encrypted PDF, which nobody here could check or show");
  expect(await where(pdfOf(["<< /Filter /Standard /V 5 >>"], { trailer: "/#45ncrypt 3 0 R " }))).toMatch(/^the file: an encrypted PDF/);
  expect(await where(pdfOf(["<< /Length 20 >>\nstream\n(see /Encrypt there)\nendstream", "<< /EncryptMetadata true >>"]))).toBe("taken");
});

const whole = pdfOf();
test.each<readonly [string, Buffer, RegExp]>([
  ["is cut", whole.subarray(0, -12), /^the end: /],
  ["has no cross-references", Buffer.concat([whole.subarray(0, 40), Buffer.from("\nstartxref\n9\n%%EOF\n")]), /^startxref: points to no/],
  ["points outside of itself", Buffer.from(whole.toString("latin1").replace(/startxref\n\d+/, "startxref\n99999"), "latin1"), /^startxref: points outside/],
  ["has something before it", Buffer.concat([Buffer.from("\n"), whole]), /^the file: neither/],
  ["has something after it", Buffer.concat([whole, Buffer.from("<script>")]), /^the end: /],
  ["is of no version that there is", pdfOf([], { version: "3.0" }), /^the beginning: /],
  ["is a zip archive behind", Buffer.concat([whole, zipOf([{ name: "a" }])]), /^the end: /],
  ["is a zip archive's first entry", zipOf([{ name: "a.pdf", content: whole, method: 0 }], { after: whole }), /^the end: /],
  [
    "is the comment of a zip archive",
    Buffer.concat([Buffer.from("%PDF-1.7\n"), zipOf([{ name: "a" }], { comment: Buffer.from("xref\nstartxref\n158\n%%EOF\n") })]),
    /^startxref: |^the end: that of a zip archive too/,
  ],
])("a PDF that %s is refused", async (_, bytes, fault) => {
  expect(await where(bytes)).toMatch(fault);
});

test("a PDF that ends as an archive does too is refused as such", async () => {
  const head = Buffer.from("%PDF-1.7\n1 0 obj\n<<>>\nendobj\n");
  const bytes = Buffer.concat([head, zipOf([{ name: "a" }], { comment: Buffer.from("\nxref\n0 0\nstartxref\n9\n%%EOF\n") })]);
  expect(await where(bytes)).toBe("the end: that of a zip archive too");
});

test.each(["a,b\n1,2\n", "{}", "\u007fELF", "MZ", "\u0089PNG\r\n", "", "Rar!", "<", "\u00ff\u00fe<\u0000a\u0000"])(
  "what is neither PDF nor XML nor zip is refused: %j",
  async (text) => {
    expect(await where(Buffer.from(text, "latin1"))).not.toBe("taken");
  },
);
