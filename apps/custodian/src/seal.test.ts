import { encodeRecord, type SealBatch, ZERO_MAC } from "@sallyport/audit";
import { hmacHex } from "@sallyport/crypto";
import { AuditEpochs } from "@sallyport/custody/incidents";
import { codeOf } from "@sallyport/errors";
import { expect, test } from "vitest";
import { draftOf } from "../test/memory-trail.ts";
import { type Running, start } from "../test/running.ts";

const batch = (chain: string, seq = 0, mac = ZERO_MAC, generation = 1): SealBatch => ({ head: { chain, generation, seq, mac }, drafts: [draftOf(chain, 1), draftOf(chain, 2)] });
const seal = ({ client }: Running, ...batches: SealBatch[]): Promise<unknown> => client.seal(batches, 2000).then(() => "sealed", codeOf);

test("each MAC is over the canonical bytes with the one before in them, under the audit key and the custodian's time", async () => {
  const running = await start();
  const [answer] = await running.client.seal([batch("system")], 2000);
  expect(answer?.timestampUtc).toBe("2026-01-02T03:04:05.000Z");
  let prevMac = ZERO_MAC;
  [1, 2].forEach((seq) => {
    prevMac = hmacHex(
      new AuditEpochs(running.custodian.store).keyOf("system", 1),
      encodeRecord(draftOf("system", seq), { deployment: running.custodian.deployment, generation: 1, seq, timestampUtc: answer?.timestampUtc ?? "", prevMac }),
    );
    expect(answer?.macs[seq - 1]).toBe(prevMac);
  });
});

test("time never goes back, in a run or over a restart", async () => {
  const running = await start();
  const { clock, client, trail, custodian } = running;
  await trail.append(client, custodian.deployment, "system", 1);
  clock.advance(-HOUR_MS);
  const [later] = await client.seal([batch("site:S/701")], 2000);
  expect(later?.timestampUtc).toBe("2026-01-02T03:04:05.000Z");
  clock.advance(HOUR_MS);
  await client.sign({ kind: "checkpoint", chains: ["system"] }, 2000);
  clock.advance(-HOUR_MS);
  const again = await running.restart();
  const [after] = await again.client.seal([batch("site:S/701")], 2000);
  expect(after?.timestampUtc).toBe("2026-01-02T03:04:05.000Z");
});
const HOUR_MS = 3_600_000;

test("what a mark covers is never sealed again, also after a restart", async () => {
  const running = await start();
  const { trail, client, custodian } = running;
  await trail.append(client, custodian.deployment, "system", 5);
  const head = trail.head("system");
  const third = trail.rows("system")[2]?.mac ?? "";
  // Not signed yet: sealed but lost records may be sealed again, from the head that was committed.
  expect(await seal(running, batch("system", 3, third))).toBe("sealed");
  await client.sign({ kind: "checkpoint", chains: ["system"] }, 2000);

  for (const again of [false, true]) {
    const each = again ? await running.restart() : running;
    expect(await seal(each, batch("system"))).toBe("verb.refused");
    expect(await seal(each, batch("system", 3, third))).toBe("verb.refused");
    expect(await seal(each, batch("system", 4, trail.rows("system")[3]?.mac))).toBe("verb.refused");
    expect(await seal(each, batch("system", 5, third))).toBe("verb.refused");
    expect(await seal(each, batch("system", 5, head.mac))).toBe("sealed");
    expect(await seal(each, batch("site:S/701"))).toBe("sealed");
  }
});

test("one refused chain refuses the whole call", async () => {
  const running = await start();
  expect(await seal(running, batch("site:S/701"), batch("system", 0, "1".repeat(64)))).toBe("verb.refused");
});

test.each([
  ["another generation", batch("system", 0, ZERO_MAC, 2)],
  ["a first record that doesn't begin at zero", batch("system", 0, "1".repeat(64))],
  ["a chain that isn't one", batch("side:S/701")],
  ["a site's chain without its study", batch("site:701")],
  ["a chain with a space", batch("site:S/7 01")],
] as const)("%s is refused", async (_name, refused) => {
  expect(await seal(await start(), refused)).toBe("verb.refused");
});

test("another deployment's records are refused", async () => {
  const running = await start();
  const other = await start();
  const payload = Buffer.from(`${other.custodian.deployment}\nsystem\t1\t0\t${ZERO_MAC}\t1\n-\t-\t-\t-\t-\t-\tnote\t-\t-\t-\t-`);
  expect(() => running.custodian.handle("seal", payload)).toThrow("verb.refused");
  expect(other.custodian.handle("seal", payload)).toMatch(/^2026-01-02T03:04:05.000Z[0-9a-f]{64}$/);
});

test("a decision that isn't one of the four is not sealed", async () => {
  const { custodian } = await start();
  const payload = Buffer.from(`${custodian.deployment}\nsystem\t1\t0\t${ZERO_MAC}\t1\n-\t-\t-\t-\t-\t-\tmaybe\t-\t-\t-\t-`);
  expect(() => custodian.handle("seal", payload)).toThrow("trail.unrepresentable");
});
