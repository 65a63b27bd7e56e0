import { lineOf, rowBytes, type SealedRecord } from "@sallyport/audit";
import { type Action, Grant, type SiteRef } from "@sallyport/policy";
import { afterEach, expect, test } from "vitest";
import { connectDatabase } from "./database.ts";
import { recordStore } from "./record-store.ts";
import { migratedDatabase, testDraft, testTrail } from "./testing.ts";
import { trailReader } from "./trail-reader.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

test("a connection that streamed more than the driver buffers answers its next statement", async () => {
  const db = await migratedDatabase();
  open.push(() => db.drop());
  const { trail, close } = await testTrail(db.apiUrl);
  open.push(close);
  await Promise.all(Array.from({ length: 500 }, (_, n) => trail.append(testDraft(`req-${n}`))));
  const database = connectDatabase({ url: db.custodianUrl, max: 1, applicationName: "test-reader" });
  open.push(() => database.close());
  const reader = trailReader(database);
  for (let round = 0; round < 10; round += 1) {
    let count = 0;
    for await (const records of reader.records("system", 1, 1, 500 - round)) count += records.length;
    expect(count).toBe(500 - round);
  }
});

const grantOf = (action: Action, ...sites: readonly SiteRef[]): Grant =>
  Grant.issue(
    { principal: "prn_test", person: "per_test", workload: "test", action, resource: "trail", requestId: "req_test", policy: "v1:0" },
    { effect: "allow", rule: "test", role: "tester", sites, fields: { readable: [], masked: [] } },
  );

test("exported lines and rows in bulk are the stored bytes, and lines go no further than the grant", async () => {
  const db = await migratedDatabase();
  open.push(() => db.drop());
  const { trail, close, database } = await testTrail(db.apiUrl);
  open.push(close);
  await Promise.all(Array.from({ length: 300 }, (_, n) => trail.append(testDraft(`req-${n}`))));
  const custodian = connectDatabase({ url: db.custodianUrl, max: 1, applicationName: "test-reader" });
  open.push(() => custodian.close());
  const reader = trailReader(custodian);
  const stored: SealedRecord[] = [];
  for await (const records of reader.records("system", 1, 1, 300)) stored.push(...records);
  const bytesOf = async (pages: AsyncIterable<Buffer>): Promise<Buffer> => {
    const parts: Buffer[] = [];
    for await (const part of pages) parts.push(part);
    return Buffer.concat(parts);
  };
  expect((await bytesOf(reader.rowBytes("system", 1, 1, 300))).equals(rowBytes(stored))).toBe(true);
  expect(await bytesOf(reader.rowBytes("system", 2, 1, 300))).toHaveLength(0);

  const linesOf = async (grant: Grant, chain: string, fromSeq: number, toSeq: number): Promise<string> => {
    let text = "";
    for await (const { bytes, ends } of recordStore(database).lines(grant, { chain, generation: 1, fromSeq, toSeq })) {
      expect(ends.at(-1)).toBe(bytes.length);
      text += bytes.toString("latin1");
    }
    return text;
  };
  const lines = stored.map(({ body, mac }) => `${lineOf(body, mac)}\n`);
  expect(await linesOf(grantOf("trail.export"), "system", 1, 400)).toBe(lines.join(""));
  expect(await linesOf(grantOf("trail.export"), "system", 7, 8)).toBe(lines.slice(6, 8).join(""));
  expect(await linesOf(grantOf("trail.export", { study: "S", site: "1" }), "system", 1, 400)).toBe("");
  await expect(linesOf(grantOf("subject.read"), "system", 1, 9)).rejects.toMatchObject({ code: "policy.denied" });
  await expect(linesOf(grantOf("trail.export"), "system' OR true --", 1, 9)).rejects.toMatchObject({ code: "input.invalid" });
});
