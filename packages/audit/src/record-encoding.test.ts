import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { faultTest } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { auditKey, draftOf, sealLog } from "./testing/sealed-log.ts";
import { type Break, DeepVerifier, encodeRecord, LINE_LENGTH_MAX, lineOf, parseBody, parseLine, type RecordDraft, type RecordPlace, type SealedRecord, ZERO_MAC } from "./index.ts";

const draft: RecordDraft = { ...draftOf("site:STUDY/701", 1, "one"), detail: 'a "quoted" \\ word' };
const at: RecordPlace = { deployment: "dabcdefghijkl", generation: 1, seq: 1, timestampUtc: "2026-01-02T03:04:05.000Z", prevMac: ZERO_MAC };
const unrepresentable = (member: string): unknown => expect.objectContaining({ code: "trail.unrepresentable", context: { member } });

describe("what a record can't hold", () => {
  test.each([
    ["chain", { chain: "site:A" }],
    ["chain", { chain: "site:A/B/C" }],
    ["chain", { chain: "site:A /B" }],
    ["chain", { chain: "site:A+/B" }],
    ["chain", { chain: "" }],
    ["decision", { decision: "maybe" }],
    ["detail", { detail: "a\nb" }],
    ["detail", { detail: "\u007f" }],
    ["reason", { reason: "\u00e9" }],
    ["role", { role: undefined }],
    ["site", { site: 7 }],
  ])("is refused: %s %j", (member, values) => {
    expect(() => encodeRecord({ ...draft, ...values } as RecordDraft, at)).toThrow(unrepresentable(member) as Error);
  });

  test.each([
    ["deployment", { deployment: 'd","x' }],
    ["generation", { generation: 0 }],
    ["generation", { generation: 1.5 }],
    ["seq", { seq: 0 }],
    ["seq", { seq: 2 ** 53 }],
    ["timestamp_utc", { timestampUtc: "2026-01-02T03:04:05Z" }],
    ["timestamp_utc", { timestampUtc: "2026-13-02T03:04:05.000Z" }],
    ["prev_mac", { prevMac: "A".repeat(64) }],
    ["prev_mac", { prevMac: "a".repeat(64) }],
  ])("is refused in its place: %s %j", (member, values) => {
    expect(() => encodeRecord(draft, { ...at, ...values })).toThrow(unrepresentable(member) as Error);
  });

  test("is refused past the longest line, and not at it", () => {
    const room = LINE_LENGTH_MAX - lineOf(encodeRecord({ ...draft, detail: "" }, at), ZERO_MAC).length;
    const line = lineOf(encodeRecord({ ...draft, detail: "x".repeat(room) }, at), ZERO_MAC);
    expect(line.length).toBe(LINE_LENGTH_MAX);
    expect(parseLine(line).record.seq).toBe(1);
    expect(() => encodeRecord({ ...draft, detail: "x".repeat(room + 1) }, at)).toThrow(unrepresentable("length") as Error);
  });

  test("shows in the error by the member's name, never by its value", () => {
    try {
      encodeRecord({ ...draft, detail: "canary\u0000" }, at);
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error) + String(error)).not.toContain("canary");
    }
  });
});

const naughty = join(import.meta.dirname, "../../../../shared/vectors/blns/blns.json");
describe.skipIf(!existsSync(naughty))("the big list of naughty strings (skipped where ../shared is absent)", () => {
  const strings = existsSync(naughty) ? (JSON.parse(readFileSync(naughty, "utf8")) as string[]) : [];
  test("is held exactly, or refused", () => {
    for (const value of strings) {
      if (/^[ -~]*$/.test(value)) expect(parseBody(encodeRecord({ ...draft, detail: value }, at)).detail).toBe(value);
      else expect(() => encodeRecord({ ...draft, detail: value }, at)).toThrow(unrepresentable("detail") as Error);
    }
    expect(strings.length).toBeGreaterThan(500);
  });
});

/** Every second spelling of a line that reads as the same record to a lax parser. */
const spellings: Readonly<Record<string, (text: string) => string>> = {
  "a duplicate member": (text) => text.replace('"decision":"', '"decision":"deny","decision":"'),
  "a re-escaped character": (text) => text.replace('"v1:', '"\\u00761:'),
  "an escaped slash": (text) => text.replace("STUDY/701", "STUDY\\/701"),
  "white space": (text) => text.replace(",", ", "),
  "an unknown member": (text) => text.replace(/}$/, ',"zzz":"1"}'),
  "a number's other spelling": (text) => text.replace('"seq":1', '"seq":1.0'),
  "another order": (text) => text.replace(/^\{("action":"[^"]*"),("chain":"[^"]*")/, "{$2,$1"),
};

test.each(Object.entries(spellings))("%s is not read", (_, respell) => {
  const body = encodeRecord(draft, at);
  const line = lineOf(body, ZERO_MAC);
  expect(respell(line)).not.toBe(line);
  expect(() => parseLine(respell(line))).toThrow(expect.objectContaining({ code: "trail.unreadable" }) as Error);
  expect(() => parseBody(respell(body))).toThrow(expect.objectContaining({ code: "trail.unreadable" }) as Error);
});

test.each(["", "null", "[]", "{}", '"x"', "{", "1"])("%j is not read", (text) => {
  expect(() => parseLine(text)).toThrow(expect.objectContaining({ code: "trail.unreadable" }) as Error);
  expect(() => parseBody(text)).toThrow(expect.objectContaining({ code: "trail.unreadable" }) as Error);
});

faultTest("A6", "a duplicate key, re-escape, white space or unknown member in a stored record is found", async (defence) => {
  const log = { deployment: at.deployment, chain: draft.chain, generation: 1 };
  const records = sealLog({ ...log, size: 3, key: auditKey("ours"), seed: "A6" });
  for (const respell of Object.values(spellings)) {
    const [first, ...rest] = records as [SealedRecord, ...SealedRecord[]];
    const body = respell(first.body);
    // Off: what is MACed is the record as a lax reader understands it, and not the stored bytes.
    const read = defence === "on" ? body : encodeAgain(body);
    const verifier = new DeepVerifier({ ...log, auditKey: auditKey("ours"), marks: [] });
    for (const record of [{ ...first, body: read }, ...rest]) verifier.push(record);
    expect(verifier.end()).toMatchObject<Partial<Break>>({ seq: 1, kind: "altered" });
  }
});

function encodeAgain(text: string): string {
  const record = JSON.parse(text) as Parameters<typeof encodeRecord>[0] & { deployment: string; timestamp_utc: string; prev_mac: string };
  return encodeRecord(record, { deployment: record.deployment, generation: 1, seq: 1, timestampUtc: record.timestamp_utc, prevMac: record.prev_mac });
}
