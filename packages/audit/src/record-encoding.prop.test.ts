import { canonicalJson } from "@sallyport/crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeRecord, leafHash, lineOf, parseBody, parseLine, type RecordDraft, ZERO_MAC } from "./index.ts";

const RUNS = process.env["SALLYPORT_TEST_LONG"] ? 100_000 : 2_000;
/** The long run's count takes longer than a test usually may. */
const WITHIN_MS = 600_000;
const printable = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 40 });
const aMac = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"));
const name = fc.string({ unit: fc.constantFrom(..."ABCxyz019._-:~!".split("")), minLength: 1, maxLength: 12 });
const aDraft: fc.Arbitrary<RecordDraft> = fc.record({
  chain: fc.oneof(
    fc.constant("system"),
    fc.tuple(name, name).map(([study, site]) => `site:${study}/${site}`),
  ),
  principal: printable,
  role: printable,
  workload: printable,
  action: printable,
  resource: printable,
  site: printable,
  decision: fc.constantFrom("allow" as const, "deny" as const, "error" as const, "note" as const),
  reason: printable,
  request_id: printable,
  policy: printable,
  detail: printable,
});
const aPlace = fc.record({
  deployment: fc.stringMatching(/^d[a-z2-7]{12}$/),
  generation: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  seq: fc.integer({ min: 2, max: Number.MAX_SAFE_INTEGER }),
  timestampUtc: fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true }).map((date) => date.toISOString()),
  prevMac: aMac,
});

describe("the template", () => {
  test(
    "makes the bytes of RFC 8785, body and line",
    () => {
      fc.assert(
        fc.property(aDraft, aPlace, aMac, (draft, at, mac) => {
          const { deployment, generation, seq, timestampUtc, prevMac } = at;
          const members = { ...draft, v: 1, deployment, generation, seq, timestamp_utc: timestampUtc, prev_mac: prevMac };
          const body = encodeRecord(draft, at);
          expect(body).toBe(canonicalJson(members));
          expect(lineOf(body, mac)).toBe(canonicalJson({ ...members, mac }));
        }),
        { numRuns: RUNS },
      );
    },
    WITHIN_MS,
  );

  test(
    "is undone by reading",
    () => {
      fc.assert(
        fc.property(aDraft, aPlace, aMac, (draft, at, mac) => {
          const body = encodeRecord(draft, at);
          const parsed = parseLine(lineOf(body, mac));
          expect([parsed.body, parsed.mac]).toEqual([body, mac]);
          expect(parsed.record).toEqual(parseBody(body));
          expect(parsed.record).toMatchObject(draft);
        }),
        { numRuns: RUNS / 4 },
      );
    },
    WITHIN_MS,
  );

  test(
    "gives different records different lines and leaves",
    () => {
      fc.assert(
        fc.property(aDraft, aDraft, aPlace, (one, two, at) => {
          fc.pre(canonicalJson(one) !== canonicalJson(two));
          const [left, right] = [one, two].map((draft) => lineOf(encodeRecord(draft, at), ZERO_MAC)) as [string, string];
          expect(leafHash(left).equals(leafHash(right))).toBe(false);
        }),
        { numRuns: RUNS / 4 },
      );
    },
    WITHIN_MS,
  );

  test(
    "refuses any other character anywhere",
    () => {
      const members = ["principal", "role", "workload", "action", "resource", "site", "reason", "request_id", "policy", "detail", "chain"] as const;
      const other = fc.string({ unit: "binary", minLength: 1 }).filter((text) => !/^[ -~]*$/.test(text));
      fc.assert(
        fc.property(aDraft, aPlace, fc.constantFrom(...members), other, (draft, at, member, value) => {
          expect(() => encodeRecord({ ...draft, [member]: draft[member] + value }, at)).toThrow(expect.objectContaining({ code: "trail.unrepresentable", context: { member } }));
        }),
        { numRuns: RUNS / 4 },
      );
    },
    WITHIN_MS,
  );
});
