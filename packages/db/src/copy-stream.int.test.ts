import { afterEach, expect, test } from "vitest";
import { connectDatabase } from "./database.ts";
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
