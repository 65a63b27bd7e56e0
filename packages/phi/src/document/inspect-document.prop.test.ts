import { deflateSync } from "node:zlib";
import { SallyportError } from "@sallyport/errors";
import { pdfOf, zipOf } from "@sallyport/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sourceOf } from "../testing/document-bytes.ts";
import { inspectDocument } from "./inspect-document.ts";

const RUNS = process.env["SALLYPORT_TEST_LONG"] === undefined ? 1500 : 100_000;

const objects = deflateSync(Buffer.from("7 0 << /S /JavaScript >>"));
const SAMPLES: readonly Buffer[] = [
  pdfOf([Buffer.concat([Buffer.from(`<< /Type /ObjStm /N 1 /First 4 /Length ${objects.length} >>\nstream\n`), objects, Buffer.from("\nendstream")]), "<< /OpenAction 3 0 R >>"]),
  Buffer.from('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE a SYSTEM "a.dtd">\n<!-- c --><a xmlns:b="u"><b:c d="&lt;">text é <![CDATA[x]]></b:c><?p q?></a>\n'),
  zipOf([{ name: "m1/" }, { name: "m1/a.txt", content: "a".repeat(300) }, { name: "b", content: "stored", method: 0 }, { name: "c", content: "later", described: true }]),
];

interface Change {
  readonly at: number;
  readonly how: "set" | "cut" | "repeat" | "drop" | "large";
  readonly value: number;
}

/** Changes a sample where the change says, as a share of its length. */
function changed(bytes: Buffer, { at, how, value }: Change): Buffer {
  const place = Math.min(bytes.length - 1, Math.floor(at * bytes.length));
  if (place < 0) return bytes;
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
  switch (how) {
    case "set":
      return Buffer.concat([before, Buffer.from([value]), after.subarray(1)]);
    case "large":
      return Buffer.concat([before, Buffer.alloc(Math.min(4, after.length), 0xff), after.subarray(4)]);
    case "cut":
      return before;
    case "drop":
      return Buffer.concat([before, after.subarray(1 + value)]);
    case "repeat":
      return Buffer.concat([before, after.subarray(0, value), after]);
  }
}

const change = fc.record<Change>({ at: fc.double({ min: 0, max: 1, noNaN: true }), how: fc.constantFrom("set", "cut", "repeat", "drop", "large"), value: fc.nat(255) });

test("a document that is changed anywhere is taken or refused with a place, and never fails otherwise", async () => {
  for (const sample of SAMPLES) await expect(inspectDocument(sourceOf(sample))).resolves.toBeDefined();
  const seen = { taken: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...SAMPLES), fc.array(change, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 64 }), async (sample, changes, pieceBytes) => {
      const bytes = changes.reduce(changed, sample);
      try {
        const found = await inspectDocument(sourceOf(bytes, pieceBytes));
        expect(found.sha256).toMatch(/^[0-9a-f]{64}$/);
        seen.taken += 1;
      } catch (error) {
        if (!(error instanceof SallyportError)) throw error;
        expect([error.code, (error.context["where"] as readonly string[]).length]).toEqual(["packet.invalid", 1]);
        seen.refused += 1;
      }
    }),
    { numRuns: RUNS },
  );
  expect(seen.taken).toBeGreaterThan(0);
  expect(seen.refused).toBeGreaterThan(0);
});

test("what its source throws, at whichever reading, comes out as it is", async () => {
  const torn = new SallyportError("phi.integrity");
  for (const sample of SAMPLES) {
    for (let fails = 0; ; fails += 1) {
      let reads = 0;
      let isTorn = false;
      const next = (): void => {
        if (reads === fails) {
          isTorn = true;
          throw torn;
        }
        reads += 1;
      };
      const whole = sourceOf(sample, 64);
      const source = {
        ...whole,
        read: async (from: number, length: number) => {
          next();
          return await whole.read(from, length);
        },
        async *open() {
          for await (const piece of whole.open()) {
            next();
            yield piece;
          }
        },
      };
      const outcome = await inspectDocument(source).catch((error: unknown) => error);
      if (!isTorn) break;
      expect(outcome).toBe(torn);
    }
  }
});
