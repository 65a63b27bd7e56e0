import { expect, test } from "vitest";
import { secretKey } from "@sallyport/crypto";
import { seededBytes } from "@sallyport/testkit";
import type { Column, FieldValue } from "./dataset.ts";
import { identityOf, parentDomain, recordIdOf } from "./record-identity.ts";

const column = (name: string, key: number | null = null, type: Column["type"] = "string"): Column => ({ name, label: name, type, length: null, key });
const identity = (name: string, ...columns: readonly Column[]) => identityOf({ name, columns });
const refused = (where: string) => expect.objectContaining({ code: "packet.invalid", context: { where: [where] } });

test("a subject has one record in DM", () => {
  expect(identity("DM", column("STUDYID", 1), column("USUBJID", 2), column("DMSEQ", 3))).toEqual([]);
});

test("a sequence number goes before the declared key, which goes by name and without what is the same in all rows", () => {
  expect(identity("AE", column("USUBJID", 2), column("AETERM", 3), column("AESEQ", null, "integer"))).toEqual(["AESEQ"]);
  const [study, domain, subject] = [column("STUDYID", 1), column("DOMAIN", 2), column("USUBJID", 3)];
  expect(identity("SV", study, domain, subject, column("VISITNUM", 4, "float"), column("SVSTDTC", 5))).toEqual(["SVSTDTC", "VISITNUM"]);
  expect(identity("SV", study, domain, subject, column("VISITNUM", 5, "float"), column("SVSTDTC", 4))).toEqual(["SVSTDTC", "VISITNUM"]);
  expect(identity("SC", study, subject)).toEqual([]);
});

test("a part of a split domain is numbered by the domain's sequence, and one with a number of its own by that", () => {
  expect(["QSCO", "LBCH", "QS", "DM", "SUPPQS", "RELREC", "AEX"].map(parentDomain)).toEqual(["QS", "LB", "QS", "DM", "SUPPQS", "RELREC", "AE"]);
  expect(identity("QSCO", column("USUBJID", 1), column("QSSEQ", null, "integer"))).toEqual(["QSSEQ"]);
  expect(identity("QSCO", column("USUBJID", 1), column("QSSEQ", null, "integer"), column("QSCOSEQ", null, "integer"))).toEqual(["QSCOSEQ"]);
});

test("a dataset whose records nothing tells apart is refused, as is a sequence number that is none", () => {
  expect(() => identity("SV", column("STUDYID", 1), column("USUBJID"))).toThrow(refused("columns: neither SVSEQ nor keys that tell a subject's records apart"));
  for (const type of ["string", "decimal"] as const) expect(() => identity("AE", column("AESEQ", 1, type))).toThrow(refused("column AESEQ: not of a numeric type"));
});

const random = seededBytes("record-identity");
const [key, other] = [secretKey(random(32)), secretKey(random(32))];
const place = { study: "SYNTH-01", usubjid: "SYN-1", domain: "AE", values: [1] as readonly FieldValue[] };

test("a record's id is the same for the same record and for no other, and tells nothing without the key", () => {
  const ids = [
    recordIdOf(key, place),
    recordIdOf(other, place),
    recordIdOf(key, { ...place, study: "SYNTH-02" }),
    recordIdOf(key, { ...place, usubjid: "SYN-2" }),
    recordIdOf(key, { ...place, domain: "DS" }),
    recordIdOf(key, { ...place, values: [2] }),
    recordIdOf(key, { ...place, values: ["1"] }),
    recordIdOf(key, { ...place, values: [null] }),
    recordIdOf(key, { ...place, values: [1, null] }),
    recordIdOf(key, { ...place, values: [] }),
    recordIdOf(key, { ...place, usubjid: "SYN-", values: ["11"] }),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
  expect(recordIdOf(key, { ...place, usubjid: " SYN-1" })).toBe(ids[0]);
  expect(recordIdOf(key, { ...place, domain: "DM", values: [] })).toBe("1");
});

test("a record's id is for ever", () => {
  const known = secretKey(Buffer.alloc(32, 7));
  expect(recordIdOf(known, { ...place, values: [1, "é", null] })).toBe("wz4zt6e6mrx0ffm1zerke5xtte");
});
