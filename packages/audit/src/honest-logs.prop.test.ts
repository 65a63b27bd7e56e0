import fc from "fast-check";
import { expect, test } from "vitest";
import { crashedAt, crashedLog, keyOf } from "./testing/crashed-log.ts";
import { checkpointPair, makeBundle, memoryReader } from "./testing/memory-bundle.ts";
import { DeepVerifier, keyFingerprint, verifyBundle, ZERO_MAC } from "./index.ts";

const LOGS = process.env["SALLYPORT_TEST_LONG"] === undefined ? 60 : 10_000;
const pair = checkpointPair("ours");
const fingerprint = keyFingerprint(pair.raw);

test(`${LOGS} honest logs of one to four generations, with crashes and appends that were tried again, give no alarm, nor do their bundles`, async () => {
  let records = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.integer(), fc.infiniteStream(fc.nat()), async (count, seed, stream) => {
      const draw = (min: number, max: number): number => min + (Number(stream.next().value) % (max - min + 1));
      const log = crashedLog(count, draw, `honest ${seed}`);
      for (const [index, generation] of log.entries()) {
        const { length } = generation.records;
        const verifier = new DeepVerifier({ ...crashedAt, generation: index + 1, auditKey: keyOf(index + 1), marks: generation.marks });
        for (const record of generation.records) expect(verifier.push(record)).toBeNull();
        expect(verifier.end({ size: length, mac: generation.records.at(-1)?.mac ?? ZERO_MAC })).toBeNull();
        records += length;
      }
      const { files } = makeBundle({
        ...crashedAt,
        pair,
        generations: log.map((generation) => generation.records),
        checkpointSizes: log.map(({ marks }) => marks.map(({ size }) => size)),
      });
      expect(await verifyBundle(memoryReader(files), { fingerprint })).toMatchObject({ reads: "whole", breaks: [] });
    }),
    { numRuns: LOGS },
  );
  expect(records).toBeGreaterThan(LOGS);
}, 3_600_000);
