import { AccessTokenVerifier } from "@sallyport/crypto";
import { codeOf } from "@sallyport/errors";
import { createRequest, readRevocationList } from "@sallyport/pki";
import { expect, test } from "vitest";
import { enrol, start } from "../test/running.ts";

const DAY_MS = 86_400_000;

test("a token is minted to a certificate in force of that very workload, for at most 900 seconds, and verifies", async () => {
  const running = await start();
  const { client, clock, custodian } = running;
  const { spiffe, x5t } = await enrol(running, "/service/reviewer");
  const { token, expS } = await client.mint({ sub: "svc_reviewer", scope: "subject.list phi.read", azp: spiffe, x5t }, 2000);
  expect(expS).toBe(clock.now() / 1000 + 900);
  const verifier = new AccessTokenVerifier({ issuer: `https://${custodian.trustDomain}/custodian`, audience: `https://${custodian.trustDomain}/api`, now: clock.now });
  verifier.setKeys((await client.status({}, 2000)).tokenKeys);
  expect(verifier.verify(token, { spiffe, x5t }).sub).toBe("svc_reviewer");
});

test("no token for a certificate that is unknown, of another workload, expired, or revoked", async () => {
  const running = await start();
  const { client, clock, custodian } = running;
  const one = await enrol(running, "/service/one");
  const two = await enrol(running, "/service/two");
  const mint = (azp: string, x5t: string): Promise<unknown> => client.mint({ sub: "svc_one", scope: "subject.list", azp, x5t }, 2000).then(() => "minted", codeOf);
  expect(await mint(one.spiffe, one.x5t)).toBe("minted");
  expect(await mint(one.spiffe, two.x5t)).toBe("verb.refused");
  expect(await mint(one.spiffe, "A".repeat(43))).toBe("verb.refused");
  await custodian.certificates.revoke(two.spiffe);
  expect(await mint(two.spiffe, two.x5t)).toBe("verb.refused");
  clock.advance(DAY_MS);
  expect(await mint(one.spiffe, one.x5t)).toBe("verb.refused");
});

test("claims that no token may bear are refused before anything is signed", async () => {
  const running = await start();
  const { spiffe, x5t } = await enrol(running, "/service/one");
  for (const claims of [
    { sub: "a b", scope: "x" },
    { sub: "a", scope: "" },
    { sub: "a", scope: "x  y" },
    { sub: 'a"', scope: "x" },
  ]) {
    expect(await running.client.mint({ ...claims, azp: spiffe, x5t }, 2000).catch(codeOf)).toBe("verb.invalid");
  }
});

test("minted tokens go on record as a count, and not one by one", async () => {
  const running = await start();
  const { spiffe, x5t } = await enrol(running, "/service/one");
  for (let n = 0; n < 5; n++) await running.client.mint({ sub: "svc_one", scope: "subject.list", azp: spiffe, x5t }, 2000);
  running.clock.advance(900_000);
  const { events } = await running.client.status({}, 2000);
  expect(events.filter(({ action }) => action === "tokens.minted").map(({ detail }) => detail)).toEqual(["5 since 2026-01-02T03:04:05.000Z"]);
});

test("a revoked workload is on the list, gets nothing again, and stays so after a restart", async () => {
  const running = await start();
  const { spiffe, caPem } = await enrol(running, "/service/one");
  await enrol(running, "/service/two");
  await running.custodian.certificates.revoke(spiffe);
  const again = await running.restart();
  const { crl, revokedWorkloads, events } = await again.client.status({}, 2000);
  expect(revokedWorkloads).toEqual([spiffe]);
  expect(readRevocationList(crl, caPem).serials.size).toBe(1);
  expect(events.map(({ action }) => action)).toContain("workload.revoked");
  expect(await enrol(again, "/service/one").catch(codeOf)).toBe("workload.revoked");
  expect((await enrol(again, "/service/two")).spiffe).toContain("/service/two");
});

test("what the supervisor asks over its channel is not asked over the wire", async () => {
  const { client, custodian } = await start();
  const { csrPem: csr } = createRequest();
  const asked = { csr, spiffe: `spiffe://${custodian.trustDomain}/service/one`, dns: [] } as unknown as Parameters<typeof client.issue>[0];
  expect(await client.issue(asked, 2000).catch(codeOf)).toBe("verb.invalid");
});

test("events are kept until they are acknowledged, over restarts, and their numbers never come again", async () => {
  const running = await start();
  const first = (await running.client.status({}, 2000)).events;
  expect(first.map(({ n, action }) => [n, action])).toEqual([[1, "custodian.founded"]]);
  const again = await running.restart();
  expect((await again.client.status({ acknowledge: 1 }, 2000)).events).toEqual([]);
  await again.custodian.certificates.revoke("spiffe://x/service/y");
  const last = await again.restart();
  expect((await last.client.status({}, 2000)).events.map(({ n }) => n)).toEqual([2]);
});
