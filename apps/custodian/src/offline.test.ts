import { existsSync, readFileSync, statSync } from "node:fs";
import { encodeRecord } from "@sallyport/audit";
import { hmacHex, secretKey } from "@sallyport/crypto";
import { codeOf } from "@sallyport/errors";
import { expect, test } from "vitest";
import { newHome, start } from "../test/running.ts";
import { escrowAuditKeys, revokeOffline } from "./offline.ts";

test("the escrowed keys are those that made the MACs; the act is among the events at the next start", async () => {
  const running = await start();
  const { trail, client, custodian, home } = running;
  await trail.append(client, custodian.deployment, "system", 1);
  const out = `${newHome()}/audit-keys.json`;
  expect(await escrowAuditKeys({ home, out }).catch(codeOf)).toBe("custodian.locked");
  expect(existsSync(out)).toBe(false);
  await running.stop();
  await escrowAuditKeys({ home, out });

  const keys = JSON.parse(readFileSync(out, "utf8")) as Record<string, string>;
  expect(Object.keys(keys)).toEqual(["audit-1"]);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const [record] = trail.rows("system");
  expect(hmacHex(secretKey(Buffer.from(keys["audit-1"] ?? "", "base64")), record?.body ?? encodeRecord)).toBe(record?.mac);

  const again = await running.restart();
  expect((await again.client.status({}, 2000)).events.map(({ action }) => action)).toEqual(["custodian.founded", "keys.escrowed"]);
});

test("a file that exists is not overwritten, and nothing goes on record", async () => {
  const running = await start();
  await running.stop();
  expect(await escrowAuditKeys({ home: running.home, out: `${running.home}/root.key` }).catch(codeOf)).toBe("setting.invalid");
  expect((await (await running.restart()).client.status({}, 2000)).events.length).toBe(1);
});

test("where there is no store, none is founded", async () => {
  const home = newHome();
  expect(await escrowAuditKeys({ home, out: `${home}/out` }).catch(codeOf)).toBe("custodian.store");
  expect(existsSync(`${home}/root.key`)).toBe(false);
});

test("a workload that was revoked by its service's name offline is revoked from the next start", async () => {
  const running = await start();
  await running.stop();
  await revokeOffline({ home: running.home, workload: "reviewer" });
  const { revokedWorkloads } = await (await running.restart()).client.status({}, 2000);
  expect(revokedWorkloads).toEqual([`spiffe://${running.custodian.trustDomain}/service/reviewer`]);
});

test("two custodians never have the store at once", async () => {
  const running = await start();
  expect(await start({ home: running.home }).catch(codeOf)).toBe("custodian.locked");
});
