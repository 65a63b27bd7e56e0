import { durableCluster } from "@sallyport/embedded-postgres/testing";
import { faultTest } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { assertSafe } from "./assert-safe.ts";
import { connectDatabase } from "./database.ts";
import { migratedDatabase } from "./testing.ts";

faultTest("P9", "a database that does not keep what it acknowledged is refused, by the setting's name", async (defence) => {
  // The tests' shared cluster runs with fsync off.
  const { apiUrl, drop } = await migratedDatabase();
  const database = connectDatabase({ url: apiUrl, max: 1, applicationName: "test" });
  try {
    const start = defence === "on" ? assertSafe(apiUrl) : database.run`SELECT 1`;
    await expect(start).rejects.toMatchObject({ code: "database.insecure", context: { setting: "fsync", value: "off" } });
  } finally {
    await database.close();
    await drop();
  }
});

test("a database that keeps what it acknowledged is accepted", async () => {
  const cluster = await durableCluster();
  try {
    await expect(assertSafe(cluster.url)).resolves.toBeUndefined();
  } finally {
    await cluster.dispose();
  }
});

test("a database that is not there is unreachable, and its URL is in no error", async () => {
  const error = await assertSafe("postgres://u:secret-canary@127.0.0.1:1/x").then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: "database.unreachable" });
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("secret-canary");
});
