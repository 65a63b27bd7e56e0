import { expect, test } from "vitest";
import { pageOf } from "./testing/page-of.ts";
import { leafHash, pageLines, openPage, packPage } from "./index.ts";
import { leafHashesIn } from "./tree-hash.ts";

const lines = ["one", "", "three\nwith a line of its own", "f\u00fcnf"];
const page = pageOf(
  lines,
  lines.map((_, at) => Buffer.alloc(64, at).toString("base64")),
);

test("a page comes out of its form as it went in, each line as it stood, whatever is in it", () => {
  expect(openPage(packPage(page))).toEqual(page);
  expect(pageLines(page)).toEqual(lines);
  const unsigned = { ...page, signatures: Buffer.alloc(0) };
  expect(openPage(packPage(unsigned), false)).toEqual(unsigned);
  expect(openPage(packPage(pageOf([], [])))).toEqual(pageOf([], []));
});

test("the leaves of a page are those of its lines, and the page stays as it is", () => {
  const before = Buffer.from(page.lines);
  expect(leafHashesIn(page)).toEqual(lines.map((line) => leafHash(line).toString("hex")));
  expect(page.lines.equals(before)).toBe(true);
});

test.each([
  ["a signature less than lines", { signatures: page.signatures.subarray(64) }],
  ["no signature", { signatures: Buffer.alloc(0) }],
  ["an end less than lines", { ends: page.ends.slice(0, -1) }],
  ["ends that don't go on", { ends: [...page.ends.slice(0, 2), 1, ...page.ends.slice(3)] }],
  ["an end behind the lines", { ends: [...page.ends.slice(0, -1), page.lines.length + 1] }],
])("%s is no page", (_what, over) => {
  expect(() => openPage(packPage({ ...page, ...over }))).toThrow(expect.objectContaining({ code: "trail.unavailable" }));
});
