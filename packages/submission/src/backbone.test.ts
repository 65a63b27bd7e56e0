import { expect, test } from "vitest";
import { backboneXml, isLeaf, outsideOfModules } from "./backbone.ts";
import { backboneFaults, isRegionalBackbone, listedIn } from "./backbone-check.ts";
import { collidingPaths, pathFault } from "./tree-path.ts";

const MD5 = "0123456789abcdef0123456789abcdef";
const files = ["m1/us/cover.pdf", "m2/a_b.pdf", "m2/a/b.pdf", "m5/53-clin-stud-rep/report.pdf"].map((path) => ({ path, md5: MD5 }));
const leaf = (href: string, more = 'operation="new"'): string => `<leaf ID="x" ${more} checksum="${MD5}" checksum-type="md5" xlink:href="${href}"><title>t</title></leaf>`;
const backbone = (body: string, head = ""): string =>
  `<?xml version="1.0"?>${head}<ectd:ectd xmlns:ectd="http://www.ich.org/ectd" xmlns:xlink="http://www.w3c.org/1999/xlink">${body}</ectd:ectd>`;
const faults = (body: string, more: readonly (readonly [string, string])[] = [], head = ""): readonly string[] =>
  backboneFaults(new Map([["index.xml", backbone(body, head)], ...more]), [...files, { path: "index.xml", md5: MD5 }]);
const whole = files.map(({ path }) => leaf(path)).join("");

test("a backbone that is made here is well-formed, names each file once with its checksum, and is held to by the check", () => {
  const xml = backboneXml(files);
  expect(xml).toBe(backboneXml([...files].reverse()));
  expect(backboneFaults(new Map([["index.xml", xml]]), [...files, { path: "index.xml", md5: MD5 }])).toEqual([]);
  expect(new Set(xml.match(/ ID="[^"]+"/g)).size).toBe(files.length);
  expect(xml).toMatch(/<m1-administrative[^>]*>\n\s+<leaf [^>]*xlink:href="m1\/us\/cover\.pdf"/);
});

test("an uploaded backbone that leaves out a file, names one that isn't there, or another checksum, is found", () => {
  const found = faults;
  expect(found(whole)).toEqual([]);
  expect(found(whole.replace(leaf("m2/a_b.pdf"), ""))).toEqual(["m2/a_b.pdf: no backbone lists it"]);
  expect(found(`${whole}${leaf("m3/none.pdf")}`)).toEqual(["index.xml: m3/none.pdf: it isn't in the sequence"]);
  expect(found(whole.replace(MD5, `f${MD5.slice(1)}`))).toEqual(["index.xml: m1/us/cover.pdf: another checksum than the file's"]);
  expect(found(whole.replace("md5", "sha1"))).toEqual(["index.xml: m1/us/cover.pdf: a checksum of another kind than MD5"]);
  expect(found(`${whole}${leaf("m2/a_b.pdf")}`)).toEqual(["index.xml: m2/a_b.pdf: a leaf of an earlier one"]);
  for (const href of ["../0000/m1/a.pdf", "/etc/passwd", "file:///etc/passwd", "", "m1/../m2/a_b.pdf"])
    expect([href, found(`${whole}${leaf(href)}`)[0]]).toEqual([href, expect.stringContaining("no path within the sequence")]);
});

test("a leaf that takes out a file of an earlier sequence names nothing here, and a regional backbone speaks of its own folder", () => {
  expect(faults(`${whole}${leaf("", 'operation="delete"')}`)).toEqual([]);
  const regional = "m1/us/us-regional.xml";
  expect(isRegionalBackbone(regional)).toBe(true);
  const body = files
    .filter(({ path }) => !path.startsWith("m1/"))
    .map(({ path }) => leaf(path))
    .join("");
  const all = [...files, { path: "index.xml", md5: MD5 }, { path: regional, md5: MD5 }];
  const read = (us: string): readonly string[] =>
    backboneFaults(
      new Map([
        ["index.xml", backbone(`${body}${leaf(regional)}`)],
        [regional, backbone(us)],
      ]),
      all,
    );
  expect(read(leaf("cover.pdf"))).toEqual([]);
  expect(read("")).toEqual(["m1/us/cover.pdf: no backbone lists it"]);
});

test("no entity is opened: a document type with declarations is refused, whatever they are", () => {
  for (const declared of ['<!ENTITY x SYSTEM "file:///etc/passwd">', '<!ENTITY x "y">', ""])
    expect(faults(whole, [], `<!DOCTYPE a [${declared}]>`)[0]).toBe("index.xml: a document type with declarations of its own");
  expect(faults("<leaf")[0]).toBe("index.xml: not well-formed XML");
  expect(faults(`${whole}&x;`)[0]).toBe("index.xml: not well-formed XML");
});

test("a path is relative, of plain segments, and one file on any system", () => {
  for (const path of ["m1/us/cover.pdf", "index.xml", "util/dtd/ich-ectd-3-2.dtd", `${"a/".repeat(15)}b`]) expect([path, pathFault(path)]).toEqual([path, null]);
  for (const path of [
    "",
    "/a",
    "C:/a",
    "a//b",
    "a/../b",
    "./a",
    "a\\b",
    "a b",
    "é.pdf",
    "a/con",
    "Nul.pdf",
    ".hidden",
    "a.",
    "a".repeat(65),
    `${"abcdefghi/".repeat(18)}a`,
    `${"a/".repeat(16)}b`,
  ])
    expect([path, pathFault(path)]).toEqual([path, expect.any(String)]);
  expect(collidingPaths(["a/b", "A/B", "a", "a/b/c", "x"])).toEqual(["A/B", "a", "a/b/c"]);
  expect([isLeaf("m1/a.pdf"), isLeaf("m1"), isLeaf("util/a"), outsideOfModules("util/a"), outsideOfModules("z/a.pdf")]).toEqual([true, false, false, false, true]);
});

test("beside a backbone that is made here, a regional one is held against the files, and what it lists stands in it alone", () => {
  const regional = "m1/us/us-regional.xml";
  const all = [...files, { path: regional, md5: MD5 }];
  const found = (us: string | null): readonly string[] => {
    const backbones = new Map<string, string | null>([[regional, us === null ? null : backbone(us)]]);
    const listed = listedIn(backbones);
    const made = backboneXml(all.filter(({ path }) => isLeaf(path) && !listed.has(path)));
    return backboneFaults(backbones.set("index.xml", made), all);
  };
  expect(found(leaf("cover.pdf"))).toEqual([]);
  expect(found("")).toEqual([]);
  expect(found(leaf("cover.pdf", 'operation="delete"'))).toEqual([]);
  expect(found(`${leaf("cover.pdf")}${leaf("none.pdf")}`)).toEqual([`${regional}: m1/us/none.pdf: it isn't in the sequence`]);
  expect(found(leaf("cover.pdf").replace(MD5, `f${MD5.slice(1)}`))).toEqual([`${regional}: m1/us/cover.pdf: another checksum than the file's`]);
  expect(found("<leaf")).toEqual([`${regional}: not well-formed XML`]);
});

test("a backbone that is longer than is read is told as that, and not as one that isn't well-formed", () => {
  const found = backboneFaults(new Map([["index.xml", null]]), [{ path: "index.xml", md5: MD5 }]);
  expect(found).toEqual(["index.xml: longer than the 8 MiB that are taken of a backbone"]);
});
