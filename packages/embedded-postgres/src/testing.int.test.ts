import postgres from "postgres";
import { expect, it } from "vitest";
import { testDatabase } from "@sallyport/embedded-postgres/testing";

let prepared = 0;
const template = {
  name: "testing_self",
  prepare: async (url: string) => {
    prepared++;
    const sql = postgres(url, { max: 1 });
    await sql`CREATE TABLE item (n int)`;
    await sql`INSERT INTO item VALUES (7)`;
    await sql.end();
    return { same: url };
  },
};

it("gives each test a database of its own, filled from a template that is prepared once", async () => {
  const [one, two] = await Promise.all([testDatabase(template), testDatabase(template)]);
  expect(prepared).toBe(1);
  expect(one.url).not.toBe(two.url);
  expect(one.urls["same"]).toBe(one.url);
  const first = postgres(one.url, { max: 1 });
  const second = postgres(two.urls["same"] ?? "", { max: 1 });
  await first`DELETE FROM item`;
  expect(await second`SELECT n FROM item`).toEqual([{ n: 7 }]);
  await Promise.all([first.end(), second.end()]);
  await Promise.all([one.drop(), two.drop()]);
});

it("gives an empty database without a template", async () => {
  const empty = await testDatabase();
  const sql = postgres(empty.url, { max: 1 });
  expect(await sql`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`).toEqual([]);
  await sql.end();
  await empty.drop();
});
