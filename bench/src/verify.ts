import { createHmac, randomBytes } from "node:crypto";
import { DeepVerifier, encodeRecord, type SealedRecord, ZERO_MAC } from "@sallyport/audit";
import { hmacHex, secretKey } from "@sallyport/crypto";
import { type Figure, figureOf } from "./figure.ts";
import { interleave } from "./interleave.ts";
import { sampleDraft } from "./sample-record.ts";

const RECORDS = 200_000;
const ROUNDS = 7;
const PLACE = { deployment: "dabcdefghjkmn", chain: "system", generation: 1 } as const;

/** A deep verification with the key, against HMACs of the same bytes and nothing else. */
export async function measureVerify(): Promise<readonly Figure[]> {
  const auditKey = secretKey(randomBytes(32));
  const records = sealedRecords(auditKey);
  const timed = (work: () => void): Promise<number> => {
    const startMs = performance.now();
    work();
    return Promise.resolve((RECORDS * 1000) / (performance.now() - startMs));
  };
  const results = await interleave(ROUNDS, {
    deep: () =>
      timed(() => {
        const verifier = new DeepVerifier({ ...PLACE, auditKey, marks: [] });
        for (const record of records) verifier.push(record);
        if (verifier.end() !== null || verifier.size !== RECORDS) throw new Error("the sample does not verify");
      }),
    hmac: () =>
      timed(() => {
        for (const { body } of records) createHmac("sha256", auditKey).update(body).digest("hex");
      }),
  });
  return [figureOf({ name: "verify", against: "a bare createHmac loop over the same bytes", goal: 0.8 }, results.deep, results.hmac)];
}

/** Bodies as they come from a reader: each a string of its own, not a rope of the parts that it was made from. */
function sealedRecords(auditKey: ReturnType<typeof secretKey>): readonly SealedRecord[] {
  const timestampUtc = new Date().toISOString();
  let prevMac = ZERO_MAC;
  return Array.from({ length: RECORDS }, (_, index) => {
    const text = encodeRecord(sampleDraft(PLACE.chain), { ...PLACE, seq: index + 1, timestampUtc, prevMac });
    const body = Buffer.from(text, "latin1").toString("latin1");
    const record = { chain: PLACE.chain, generation: PLACE.generation, seq: index + 1, prevMac, mac: hmacHex(auditKey, body), body };
    prevMac = record.mac;
    return record;
  });
}
