import { expect, test } from "vitest";
import { pathFault } from "./submission-text.ts";

test("a path is told to be one, or what is wrong with it", () => {
  for (const path of ["m1/us/cover.pdf", "index.xml", "m5/53-clin-stud-rep/a_b.pdf"]) expect([path, pathFault(path, [])]).toEqual([path, null]);
  for (const path of ["", "/m1/a.pdf", "m1//a.pdf", "../a.pdf", "m1/a b.pdf", "m1/é.pdf", "a".repeat(65)]) expect([path, pathFault(path, [])]).toEqual([path, expect.any(String)]);
  expect(pathFault("m1/A.pdf", ["m1/a.pdf"])).toBe("Another file stands there.");
});
