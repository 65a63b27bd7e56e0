import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SallyportError } from "@sallyport/errors";
import { expect, test, vi } from "vitest";
import { sourceOf } from "../testing/document-bytes.ts";
import { inspectDocument } from "./inspect-document.ts";

const found = async (text: string | Buffer, pieceBytes?: number) => await inspectDocument(sourceOf(Buffer.from(text as string), pieceBytes));
const where = async (text: string | Buffer): Promise<string> => {
  try {
    await found(text, 256 * 1024);
    return "taken";
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code !== "packet.invalid") throw error;
    return String((error.context["where"] as readonly string[])[0]);
  }
};

test("XML is taken, and its root told where it is one of a closed list", async () => {
  const backbone = `<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE ectd:ectd SYSTEM "util/dtd/ich-ectd-3-2.dtd">\n<ectd:ectd xmlns:ectd="http://www.ich.org/ectd"><m1 a="1 &amp; 2 &#169;"/></ectd:ectd>`;
  for (const pieceBytes of [1, 3, 4096])
    expect(await found(backbone, pieceBytes)).toMatchObject({ mediaType: "application/xml", facts: { xmlRoot: "ectd:ectd" }, notes: { active: [] } });
  expect((await found("<Jane-Roe/>")).facts.xmlRoot).toBe("other");
  expect(await where("\uFEFF<a>é</a>")).toBe("taken");
});

test("nothing is opened and nothing fetched, whatever a document type or an entity names", async () => {
  let asked = 0;
  const server = createServer((_, answer) => {
    asked += 1;
    answer.end("<!ENTITY x 'fetched'>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/evil.dtd`;
  const fetching = vi.spyOn(globalThis, "fetch");
  try {
    expect(await where(`<!DOCTYPE a SYSTEM "${url}"><a/>`)).toBe("taken");
    expect(await where(`<!DOCTYPE a PUBLIC "-//X//EN" "${url}"><a>&x;</a>`)).toBe("line 1: not well-formed XML");
    for (const declared of [`<!ENTITY x SYSTEM "file:///etc/passwd">`, `<!ENTITY x SYSTEM "${url}">`, `<!ENTITY % p SYSTEM "${url}"> %p;`, "<!ATTLIST a b CDATA 'c'>", ""])
      expect([declared, await where(`<!DOCTYPE a [${declared}]><a>&x;</a>`)]).toEqual([declared, "line 1: a document type with declarations of its own"]);
  } finally {
    server.close();
  }
  expect([asked, fetching.mock.calls.length]).toEqual([0, 0]);
  fetching.mockRestore();
});

test("entities that grow by each other are refused before any is expanded", async () => {
  const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join("");
  expect(await where(`<!DOCTYPE a [<!ENTITY l0 "ha">${laughs}]><a>&l9;</a>`)).toBe("line 1: a document type with declarations of its own");
  expect(await where(`<!DOCTYPE a [<!ENTITY x "${"A".repeat(100_000)}">]><a>${"&x;".repeat(10_000)}</a>`)).toMatch(/document type/);
});

test.each<readonly [string, string | Buffer, RegExp]>([
  ["is not well-formed", "<a><b></a>", /^line 1: not well-formed/],
  ["is cut", "<a><b>", /not well-formed/],
  ["has a second root", "<a/><b/>", /not well-formed/],
  ["has an attribute twice", '<a b="1" b="2"/>', /not well-formed/],
  ["uses a prefix without a namespace", "<x:a/>", /not well-formed/],
  ["uses an entity that nobody declared", "<a>&nbsp;</a>", /not well-formed/],
  ["has a control character", "<a>\u0001</a>", /not well-formed/],
  ["says another encoding", '<?xml version="1.0" encoding="ISO-8859-1"?><a/>', /^line 1: an encoding other than UTF-8/],
  ["isn't UTF-8", Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]), /not UTF-8/],
  ["is nested too deep", "<a>".repeat(10_000), /^line 1: nested deeper than 256/],
  ["has too many attributes", `<a ${Array.from({ length: 300 }, (_, n) => `b${n}=""`).join(" ")}/>`, /more than 256 attributes/],
  ["has one comment without an end in sight", `<!--${"x".repeat(17 * 1024 * 1024)}`, /longer than is taken/],
])("XML that %s is refused", async (_, text, fault) => {
  expect(await where(text)).toMatch(fault);
});

test("what a browser would run is told by its line", async () => {
  const text = `<?xml-stylesheet href="x.xsl"?>\n<html xmlns="http://www.w3.org/1999/xhtml">\n<script/></html>`;
  expect((await found(text)).notes.active).toEqual(["line 1: a style sheet that a browser would fetch", "line 3: a script"]);
});

test("a text that is long in itself is taken", async () => {
  expect(await where(`<a>${"<b/>text ".repeat(20_000)}</a>`)).toBe("taken");
});
