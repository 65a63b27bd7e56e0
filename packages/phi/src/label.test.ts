import { expect, test } from "vitest";
import { newId, secretKey } from "@sallyport/crypto";
import { seededBytes } from "@sallyport/testkit";
import { labelOf } from "./label.ts";
import { maskOf } from "./mask.ts";
import { lookupOf, referenceOf } from "./reference.ts";

const random = seededBytes("label");
const key = secretKey(Buffer.alloc(32, 7));
const ID = "sub_00000000000000000000000001";

test("a label is pronounceable and the same for the same id, and for ever", () => {
  expect(labelOf(ID)).toBe("LUFOR-FOSEZ-1");
  for (let at = 0; at < 200; at += 1)
    expect(labelOf(newId("sub", random))).toMatch(/^([BDFGHJKLMNPRSTVZ][AEIOU]){2}[BDFGHJKLMNPRSTVZ]-([BDFGHJKLMNPRSTVZ][AEIOU]){2}[BDFGHJKLMNPRSTVZ]-\d$/);
});

test("20 000 subjects have 20 000 labels", () => {
  const labels = new Set(Array.from({ length: 20_000 }, () => labelOf(newId("sub", random))));
  expect(labels.size).toBe(20_000);
});

test("a label or a reference is made of a subject's id and of nothing else", () => {
  for (const other of ["01-701-1015", "pkt_00000000000000000000000001", "sub_1", ""]) {
    expect(() => labelOf(other)).toThrow(RangeError);
    expect(() => referenceOf(key, other)).toThrow(RangeError);
  }
});

test("a reference names the key's version, and is another under another key", () => {
  expect(referenceOf(key, ID)).toBe("ref:v1:9e645e47a647661ae24a2eed7527658c");
  expect(referenceOf(secretKey(Buffer.alloc(32, 8)), ID)).not.toBe(referenceOf(key, ID));
});

test("a lookup is the same for every spelling of one identifier, and another for every study", () => {
  expect(lookupOf(key, "SYNTH-01", "SYN-N01-0001")).toBe("64a170fbe7b4cee5319207df112584425f9f0d74d759a134bc76009faea8c667");
  expect(lookupOf(key, "SYNTH-01", " e\u0301 ")).toBe(lookupOf(key, "SYNTH-01", "\u00e9"));
  const lookups = [
    ["A", "B"],
    ["AB", ""],
    ["", "AB"],
    ['A","', "B"],
    ["A", "b"],
  ].map(([study = "", id = ""]) => lookupOf(key, study, id));
  expect(new Set(lookups).size).toBe(lookups.length);
});

test("every mask is the same", () => {
  expect(maskOf()).toBe("••••••");
});
