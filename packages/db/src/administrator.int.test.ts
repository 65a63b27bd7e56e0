import { durableCluster, type TemporaryCluster } from "@sallyport/embedded-postgres/testing";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "./migrate.ts";
import { passwordStore } from "./password-store.ts";
import { provisionRoles, withLogin } from "./roles.ts";

const PASSWORD = "of an administrator of a test";
let cluster: TemporaryCluster;
let url: string;

beforeAll(async () => {
  cluster = await durableCluster();
  const superuser = postgres(cluster.url, { max: 1 });
  await superuser.unsafe(`CREATE ROLE administrator LOGIN CREATEROLE PASSWORD '${PASSWORD}'`);
  await superuser.unsafe("CREATE DATABASE sallyport OWNER administrator");
  await superuser.end();
  const at = new URL(withLogin(cluster.url, "administrator", PASSWORD));
  at.pathname = "/sallyport";
  url = at.href;
});
afterAll(() => cluster.dispose());

test("an administrator who is no superuser, with CREATEROLE and the database, makes it, comes back to it, and rotates its passwords", async () => {
  await migrate(url, { deployment: "dadministrator" });
  const { apiUrl, custodianUrl } = await provisionRoles(url);
  await migrate(url, { deployment: "dadministrator" });

  const api = postgres(apiUrl, { max: 1, onclose: () => undefined });
  expect(await api`SELECT current_user AS role`).toEqual([{ role: "sallyport_api" }]);
  const custodian = postgres(custodianUrl, { max: 1 });
  expect(await custodian`SELECT count(*)::int AS heads FROM audit.heads`).toEqual([{ heads: 0 }]);
  await custodian.end();

  const passwords = passwordStore(url);
  await passwords.note({ generation: 2, step: "add", cause: "operator", ended: 0 });
  expect(await passwords.steps()).toMatchObject([{ generation: 2, step: "add" }]);
  const renewed = await passwords.renew("api", 2);
  expect(await passwords.opened("api", 2, renewed)).toBe(renewed);
  expect(await passwords.holders(2)).not.toEqual([]);
  expect(await passwords.shutOthers(2)).toBeGreaterThan(0);
  expect(await passwords.opened("api", 1, apiUrl)).toBeNull();
  await api.end({ timeout: 1 });
});
