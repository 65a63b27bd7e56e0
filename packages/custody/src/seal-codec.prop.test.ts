import type { RecordDraft, SealBatch } from "@sallyport/audit";
import { codeOf } from "@sallyport/errors";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeSealAnswers, decodeSealCall, encodeSealAnswers, encodeSealCall } from "./seal-codec.ts";

const printable = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 40 });
const hex64 = fc.string({ unit: fc.constantFrom(..."0123456789abcdef".split("")), minLength: 64, maxLength: 64 });
const members = ["principal", "role", "workload", "action", "resource", "site", "reason", "request_id", "policy", "detail"] as const;
const draft = (chain: string): fc.Arbitrary<RecordDraft> =>
  fc
    .record({
      ...(Object.fromEntries(members.map((name) => [name, printable])) as Record<(typeof members)[number], fc.Arbitrary<string>>),
      decision: fc.constantFrom("allow", "deny", "error", "note"),
    })
    .map((rest) => ({ chain, ...rest }) as RecordDraft);
const batch: fc.Arbitrary<SealBatch> = fc.constantFrom("system", "site:S/701", "site:CDISCPILOT01/718").chain((chain) =>
  fc.record({
    head: fc.record({ chain: fc.constant(chain), generation: fc.integer({ min: 1, max: 99 }), seq: fc.integer({ min: 0, max: 1_000_000 }), mac: hex64 }),
    drafts: fc.array(draft(chain), { minLength: 1, maxLength: 8 }),
  }),
);
const call = fc.record({ deployment: fc.constant("dabc"), batches: fc.array(batch, { maxLength: 4 }) });

test("a seal call is read as it was written", () => {
  fc.assert(
    fc.property(call, (sent) => {
      expect(decodeSealCall(Buffer.from(encodeSealCall(sent), "latin1"))).toEqual(sent);
    }),
  );
});

test("any bytes are either a seal call or verb.invalid", () => {
  fc.assert(
    fc.property(call, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 6 }), (sent, at, bytes) => {
      const payload = Buffer.from(encodeSealCall(sent), "latin1");
      const place = at % payload.length;
      const altered = Buffer.concat([payload.subarray(0, place), bytes, payload.subarray(place + bytes.length)]);
      try {
        decodeSealCall(altered);
      } catch (error) {
        expect(codeOf(error)).toBe("verb.invalid");
      }
    }),
  );
});

test("a value that would break out of its cell is not sent", () => {
  fc.assert(
    fc.property(batch, fc.constantFrom(...members), fc.constantFrom("\t", "\n", "\r", "\u0000", "\u007f", "é", "\u2028"), (sent, member, bad) => {
      const drafts = sent.drafts.map((each, index) => (index === 0 ? { ...each, [member]: `a${bad}b` } : each));
      expect(() => encodeSealCall({ deployment: "dabc", batches: [{ ...sent, drafts }] })).toThrow("trail.unrepresentable");
    }),
  );
});

test("a draft of another chain than its batch is not sent", () => {
  const [sent] = fc.sample(batch, 1) as [SealBatch];
  expect(() => encodeSealCall({ deployment: "dabc", batches: [{ ...sent, head: { ...sent.head, chain: "site:X/1" } }] })).toThrow("trail.unrepresentable");
});

const answers = fc.array(fc.record({ timestampUtc: fc.constant("2026-01-02T03:04:05.678Z"), macs: fc.array(hex64, { minLength: 1, maxLength: 9 }) }), {
  minLength: 1,
  maxLength: 4,
});

test("a seal's answer is read as it was written", () => {
  fc.assert(
    fc.property(answers, (sent) => {
      expect(
        decodeSealAnswers(
          Buffer.from(encodeSealAnswers(sent)),
          sent.map(({ macs }) => macs.length),
        ),
      ).toEqual(sent);
    }),
  );
});

test("an answer with a MAC too few or too many is refused", () => {
  fc.assert(
    fc.property(answers, (sent) => {
      expect(() =>
        decodeSealAnswers(
          Buffer.from(encodeSealAnswers(sent)),
          sent.map(({ macs }) => macs.length + 1),
        ),
      ).toThrow("verb.invalid");
    }),
  );
});
