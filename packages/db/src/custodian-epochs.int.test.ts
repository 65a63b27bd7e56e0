import { faultTest } from "@sallyport/testkit";
import postgres from "postgres";
import { expect, onTestFinished, test } from "vitest";
import { custodianEpochs } from "./custodian-epochs.ts";
import { connectDatabase } from "./database.ts";
import { type MigratedDatabase, migratedDatabase } from "./testing.ts";

async function database(): Promise<MigratedDatabase> {
  const made = await migratedDatabase();
  onTestFinished(() => made.drop());
  return made;
}
const epochsOf = ({ custodianUrl }: MigratedDatabase): ReturnType<typeof custodianEpochs> => {
  const connection = connectDatabase({ url: custodianUrl, max: 4, applicationName: "test" });
  onTestFinished(() => connection.close());
  return custodianEpochs(connection);
};
const outcome = (url: string, sql: string): Promise<string> => {
  const role = postgres(url, { max: 1, onnotice: () => undefined });
  onTestFinished(() => role.end());
  return role.unsafe(sql).then(
    () => "done",
    (error: postgres.PostgresError) => error.code,
  );
};

faultTest("A5", "the number of who took over last goes up and never down, and of two that take one number one gets it", async (defence) => {
  const made = await database();
  if (defence === "off") {
    const owner = postgres(made.ownerUrl, { max: 1, onnotice: () => undefined });
    onTestFinished(() => owner.end());
    const [row] = await owner<{ text: string }[]>`SELECT pg_get_functiondef('boundary.take_custodian_epoch(bigint)'::regprocedure) AS text`;
    await owner.unsafe((row?.text ?? "").replace("WHERE c.epoch < excluded.epoch", ""));
  }
  const epochs = epochsOf(made);
  expect(await epochs.last()).toBe(0);
  expect((await Promise.all([epochs.take(1), epochs.take(1), epochs.take(1)])).filter(Boolean).length).toBe(1);
  expect([await epochs.take(7), await epochs.take(3), await epochs.take(7), await epochs.last()]).toEqual([true, false, false, 7]);
});

test("the custodian's role moves it by the function alone, and nobody else's does", async () => {
  const { custodianUrl, apiUrl } = await database();
  for (const sql of ["UPDATE boundary.custodian_epoch SET epoch = 1", "INSERT INTO boundary.custodian_epoch (epoch) VALUES (1)", "DELETE FROM boundary.custodian_epoch"])
    for (const url of [custodianUrl, apiUrl]) expect(await outcome(url, sql)).toBe("42501");
  expect(await outcome(apiUrl, "SELECT boundary.take_custodian_epoch(1)")).toBe("42501");
  expect(await outcome(apiUrl, "SELECT epoch FROM boundary.custodian_epoch")).toBe("42501");
});
