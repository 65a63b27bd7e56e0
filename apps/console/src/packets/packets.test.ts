import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { uploadStudies } from "../upload/use-upload-studies.ts";
import { effectSentences, hipaaText, outcomeSentences } from "./inspection-text.ts";
import { packetsInput, packetsPath, readPacketFilter, SHOWS } from "./packet-filter.ts";
import { bytesText, sitesText } from "./packet-text.ts";

const none = { created: 0, updated: 0, unchanged: 0 };

describe("the inbox's filter", () => {
  test("is the same after it was a link", () => {
    const filters = fc.record({ show: fc.constantFrom(...SHOWS.map(({ id }) => id)), study: fc.option(fc.constantFrom("CDISCPILOT01", "SYN-001", "a.b_c")) });
    fc.assert(
      fc.property(filters, (filter) => {
        expect(readPacketFilter(new URL(packetsPath(filter), "http://localhost").searchParams)).toEqual(filter);
      }),
    );
  });

  test("is what waits, of all studies, where a link says nothing that it knows", () => {
    for (const query of ["", "show=nothing", "study=a/b", "show=__proto__&study=%0a"])
      expect(readPacketFilter(new URLSearchParams(query))).toEqual({ show: "waiting", study: null });
  });

  test("asks for what is in quarantine, or for every state", () => {
    expect(packetsInput({ show: "waiting", study: null })).toEqual({ state: "quarantined" });
    expect(packetsInput({ show: "all", study: "S" })).toEqual({ study: "S" });
  });
});

describe("what a release would do", () => {
  test("is said in counts, and nothing is said of what there is none of", () => {
    const sentences = effectSentences({ subjects: { ...none, created: 2 }, records: { created: 2, updated: 1, unchanged: 1200, absent: 0 }, documents: none, equal: false });
    expect(sentences).toEqual([
      "2 subjects would be new here.",
      "2 records would be new.",
      "1 record differs and would get a new version; the old one stays.",
      "1,200 records are stored as they are already.",
    ]);
  });

  test("is nothing where all of it is stored already, before and after", () => {
    const counts = { created: 0, updated: 0, unchanged: 306, absent: 0 };
    expect(effectSentences({ subjects: none, records: counts, documents: none, equal: true })).toEqual(["Everything in it is stored already: nothing would change."]);
    expect(outcomeSentences(none, counts, null)).toEqual(["Everything in it was stored already: nothing was changed."]);
  });

  test("is told of documents beside records, or of them alone", () => {
    const counts = { ...none, absent: 0 };
    expect(effectSentences({ subjects: none, records: counts, documents: { created: 1, updated: 2, unchanged: 1 }, equal: false })).toEqual([
      "1 document would be new.",
      "2 documents would get a new version; the old one stays.",
      "1 document is stored already, byte for byte.",
    ]);
    expect(outcomeSentences(none, counts, { ...none, created: 1 })).toEqual(["1 document came in."]);
  });

  test("is told of subjects alone where a packet was released before records were counted", () => {
    expect(outcomeSentences({ created: 3, updated: 0, unchanged: 1 }, null, null)).toEqual(["3 subjects came in.", "3 records came in.", "1 record was stored already."]);
  });
});

test("an identifier has its letter in the rule, from A to R", () => {
  expect([hipaaText(1), hipaaText(3), hipaaText(18)]).toEqual(["A: names", "C: dates, and ages over 89", "R: any other unique number or code"]);
});

test("sizes and sites fit into a line", () => {
  expect([0, 999, 1000, 1_449, 123_456, 9_876_543, 2_147_483_648].map(bytesText)).toEqual(["0 B", "999 B", "1 kB", "1.4 kB", "123 kB", "9.9 MB", "2.1 GB"]);
  expect([sitesText(["703", "701"]), sitesText(["10", "9", "8", "7"]), sitesText(["5", "4", "3", "2", "1"])]).toEqual(["701, 703", "7, 8, 9, 10", "1, 2, 3 and 2 more"]);
});

describe("the studies that somebody may bring packets in for", () => {
  const grants = [
    { role: "site_coordinator", action: "packet.upload", resource: "packet", rule: "r1" },
    { role: "auditor", action: "study.read", resource: "study", rule: "r2" },
  ];
  const assigned = (role: string, study: string) => ({ role, study, site: "*", from: null, until: null }) as never;
  const known = [
    { study: "B", title: "Second", sites: [{ site: "1", name: "One", country: "DE" }] },
    { study: "A", title: "First", sites: [] },
  ];

  test("are those of the roles that bring packets in, with their titles", () => {
    expect(uploadStudies({ grants, assignments: [assigned("site_coordinator", "B"), assigned("auditor", "A")] }, known)).toEqual([
      { study: "B", title: "Second", sites: ["1"], isWhole: true },
    ]);
  });

  test("are told with the sites that a document may be for, and whether it may be for all", () => {
    const at = (site: string) => ({ role: "site_coordinator", study: "B", site, from: null, until: null }) as never;
    expect(uploadStudies({ grants, assignments: [at("10"), at("9"), at("10")] }, known)).toEqual([{ study: "B", title: "Second", sites: ["9", "10"], isWhole: false }]);
  });

  test("are all that are known, for who may everywhere; and named without a title where none may be read", () => {
    expect(uploadStudies({ grants, assignments: [assigned("site_coordinator", "*")] }, known).map(({ study }) => study)).toEqual(["A", "B"]);
    expect(uploadStudies({ grants, assignments: [assigned("site_coordinator", "C")] }, [])).toEqual([{ study: "C", title: null, sites: [], isWhole: true }]);
  });
});
