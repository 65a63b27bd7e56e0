import { spawn } from "node:child_process";
import { once } from "node:events";
import { faultTest } from "@sallyport/testkit";
import postgres from "postgres";
import { expect } from "vitest";
import { connectDatabase } from "./database.ts";
import { idempotencyStore } from "./idempotency-store.ts";
import { migratedDatabase, testDraft, testTrail } from "./testing.ts";

type Moment = "before the commit" | "after the commit";

/** One change with its record and its idempotency key, in a process of its own that is killed at a moment. */
const CHANGE = `
const { testTrail, testDraft } = await import(process.env.DB + "/testing.js");
const { idempotencyStore } = await import(process.env.DB + "/index.js");
const { trail, database } = await testTrail(process.env.URL);
const halt = () => { process.stdout.write("now"); return new Promise(() => setInterval(() => undefined, 1000)); };
const effect = async (tx) => {
  await tx\`INSERT INTO regulatory.studies (id, title, profile) VALUES ('S', 'S', 'x')\`;
  await idempotencyStore(database).claim(tx, { principal: "p", key: "key-0123456789abcdef", procedure: "x", salt: "s", digest: "d", outcome: { n: 1 } });
};
if (process.env.DEFENCE === "off") {
  await database.transaction(effect);
  if (process.env.MOMENT === "before the commit") await halt();
  await halt();
} else {
  await trail.inTransaction(async (tx, appendLast) => {
    await effect(tx);
    await appendLast([testDraft("req_change")]);
    if (process.env.MOMENT === "before the commit") await halt();
  });
  await halt();
}
`;

async function killedAt(moment: Moment, url: string, defence: string): Promise<void> {
  const env = { PATH: process.env["PATH"], DB: new URL("../dist", import.meta.url).href, URL: url, MOMENT: moment, DEFENCE: defence };
  const child = spawn(process.execPath, ["--input-type=module", "-e", CHANGE], { env, stdio: ["ignore", "pipe", "inherit"] });
  await Promise.race([once(child.stdout, "data"), once(child, "exit").then(() => Promise.reject(new Error("ended early")))]);
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

for (const [moment, there] of [
  ["before the commit", 0],
  ["after the commit", 1],
] as const) {
  faultTest("A10", `a process that is killed ${moment} of a change and its record leaves ${there === 0 ? "neither" : "both, and the key's outcome"}`, async (defence) => {
    const { apiUrl, ownerUrl, drop } = await migratedDatabase();
    const admin = postgres(ownerUrl, { max: 1 });
    const database = connectDatabase({ url: apiUrl, max: 1, applicationName: "test" });
    const next = await testTrail(apiUrl);
    try {
      await killedAt(moment, apiUrl, defence);
      await expect.poll(() => admin`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`).toEqual([]);
      const [counted] = await admin<{ effects: number; records: number }[]>`
        SELECT (SELECT count(*)::integer FROM regulatory.studies) AS effects, (SELECT count(*)::integer FROM audit.records) AS records`;
      expect(counted).toEqual({ effects: there, records: there });
      const kept = await idempotencyStore(database).find("p", "key-0123456789abcdef");
      expect(kept?.outcome ?? null).toEqual(there === 0 ? null : { n: 1 });
      await expect(next.trail.append(testDraft("req_next"))).resolves.toMatchObject({ seq: there + 1 });
    } finally {
      await next.close();
      await database.close();
      await admin.end();
      await drop();
    }
  });
}

faultTest("P4", "a commit whose answer was lost is found by its key, and a retry has no second effect", async (defence) => {
  const { apiUrl, ownerUrl, drop } = await migratedDatabase();
  const admin = postgres(ownerUrl, { max: 1 });
  const { trail, store, database, close } = await testTrail(apiUrl);
  const keys = idempotencyStore(database);
  const transaction = store.transaction.bind(store);
  let isLost = false;
  Object.assign(store, {
    transaction: async <T>(work: Parameters<typeof store.transaction<T>>[0]) => {
      const result = await transaction(work);
      if (isLost) return result;
      isLost = true;
      throw new Error("connection lost after COMMIT was sent");
    },
  });
  const change = async (): Promise<string> => {
    const kept = defence === "on" ? await keys.find("p", "key-0123456789abcdef") : null;
    if (kept !== null) return "kept";
    return trail.inTransaction(async (tx, appendLast) => {
      await tx`INSERT INTO regulatory.studies (id, title, profile) VALUES (${`S${Date.now()}`}, 'S', 'x')`;
      if (defence === "on") await keys.claim(tx, { principal: "p", key: "key-0123456789abcdef", procedure: "x", salt: "s", digest: "d", outcome: null });
      await appendLast([testDraft("req_change")]);
      return "done";
    });
  };
  try {
    await expect(change()).rejects.toThrow();
    expect(await change()).toBe("kept");
    expect(await admin`SELECT 1 FROM regulatory.studies`).toHaveLength(1);
    await expect(trail.append(testDraft("req_next"))).resolves.toMatchObject({ seq: 2 });
  } finally {
    await close();
    await admin.end();
    await drop();
  }
});
