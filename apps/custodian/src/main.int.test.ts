import { once } from "node:events";
import { approvalStatement, GroupCommitTrail } from "@sallyport/audit";
import { sha256 } from "@sallyport/crypto";
import { connectDatabase, trailStore } from "@sallyport/db";
import { migratedDatabase } from "@sallyport/db/testing";
import { codeOf } from "@sallyport/errors";
import { createRequest } from "@sallyport/pki";
import postgres from "postgres";
import { expect, onTestFinished, test } from "vitest";
import { draftOf } from "../test/memory-trail.ts";
import { attest, person } from "../test/people.ts";
import { clientOf, launch } from "../test/processes.ts";
import { newHome } from "../test/running.ts";

test("the process founds itself, seals what is committed, signs it, verifies it in its worker, and remembers it after kill -9", async () => {
  const database = await migratedDatabase();
  onTestFinished(() => database.drop());
  const home = newHome();
  const first = await launch(home, database.custodianUrl);
  expect(first.ready).toEqual({
    type: "ready",
    deployment: expect.stringMatching(/^d[0-9a-z]{12}$/) as string,
    trustDomain: `${String(first.ready["deployment"])}.sallyport`,
    fingerprint: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
    port: expect.any(Number) as number,
  });
  const client = await clientOf(first);

  const api = connectDatabase({ url: database.apiUrl, max: 4, applicationName: "test" });
  onTestFinished(() => api.close());
  const store = trailStore(api);
  await store.transaction((tx) => store.openChain(tx, "system"));
  const trail = new GroupCommitTrail({ store, sealer: client, deployment: String(first.ready["deployment"]), now: Date.now });
  await Promise.all(Array.from({ length: 300 }, (_, n) => trail.append(draftOf("system", n))));

  const { checkpoints } = await client.sign({ kind: "checkpoint", chains: ["system"] }, 5000);
  expect(checkpoints[0]?.size).toBe(300);
  const { verdicts } = await client.status({ verify: ["*"] }, 20_000);
  expect(verdicts.map(({ chain, size, broken }) => [chain, size, broken])).toEqual([["system", 300, null]]);

  first.child.kill("SIGKILL");
  await once(first.child, "exit");
  const second = await launch(home, database.custodianUrl);
  const again = await clientOf(second);
  expect((await again.status({}, 5000)).marks.map(({ size, root }) => [size, root])).toEqual([[300, checkpoints[0]?.root]]);

  const owner = postgres(database.ownerUrl, { max: 1 });
  onTestFinished(() => owner.end());
  await owner`UPDATE boundary.deployment SET id = ${String(first.ready["deployment"])}`;
  await owner.unsafe("ALTER TABLE audit.records DISABLE TRIGGER ALL; UPDATE audit.records SET body = replace(body, 'subject/', 'subjects/') WHERE seq = 42");
  const broken = await again.status({ verify: ["system"] }, 20_000);
  expect(broken.verdicts[0]?.broken).toMatchObject({ seq: 42, kind: "altered" });
}, 60_000);

test("the supervisor is told the founding links, and what founders enrol and approve outlives kill -9", async () => {
  const home = newHome();
  const first = await launch(home, "postgres://nobody:none@127.0.0.1:1/none");
  const { links } = (await first.ask({ type: "founding", id: 3 })) as { links: { founder: number; secret: string }[] };
  expect(links.map(({ founder }) => founder)).toEqual([1, 2]);
  const [ada, bob] = [person(), person()];
  const client = await clientOf(first);
  for (const [index, who] of [ada, bob].entries())
    await client.approve({ kind: "enrol", person: who.id, attestation: await attest(who), basis: { kind: "founding", secret: links[index]?.secret ?? "" } }, 5000);
  const statement = approvalStatement({
    deployment: String(first.ready["deployment"]),
    kind: "person.suspend",
    payload: {},
    effectDigest: "0".repeat(64),
    needed: 1,
    requestedByPerson: ada.id,
    requestedAt: new Date().toISOString(),
    nonce: "A".repeat(22),
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
  });
  const ask = { kind: "approve", statement, person: bob.id, response: bob.authenticator.assert(sha256(statement)) } as const;
  const { note } = await client.approve(ask, 5000);
  first.child.kill("SIGKILL");
  await once(first.child, "exit");

  const second = await launch(home, "postgres://nobody:none@127.0.0.1:1/none");
  expect(await second.ask({ type: "founding", id: 4 })).toEqual({ type: "links", id: 4, links: [] });
  const again = await clientOf(second);
  expect(await again.approve(ask, 5000)).toEqual({ note });
  expect((await again.status({}, 5000)).foundersLeft).toBe(0);
  expect(`${first.stderr()}${second.stderr()}`).not.toContain(links[0]?.secret);
});

test("a revoked workload gets no certificate; when its supervisor is gone, the process ends", async () => {
  const started = await launch(newHome(), "postgres://nobody:none@127.0.0.1:1/none");
  const spiffe = `spiffe://${String(started.ready["trustDomain"])}/service/reviewer`;
  const { csrPem } = createRequest();
  expect(await started.ask({ type: "issue", id: 5, spiffe, csr: csrPem, dns: [] })).toMatchObject({ type: "issued", id: 5 });
  expect(await started.ask({ type: "revoke", id: 6, spiffe })).toEqual({ type: "revoked", id: 6 });
  expect(await started.ask({ type: "issue", id: 7, spiffe, csr: csrPem, dns: [] })).toEqual({ type: "failed", id: 7, code: "workload.revoked" });
  expect(await started.ask({ type: "issue", id: 8, spiffe: "spiffe://elsewhere/x", csr: csrPem, dns: [] })).toMatchObject({ type: "failed", id: 8, code: "verb.invalid" });
  const client = await clientOf(started);
  expect(await client.sign({ kind: "checkpoint", chains: ["system"] }, 4000).catch(codeOf)).toBe("trail.unavailable");
  started.child.disconnect();
  expect(await once(started.child, "exit")).toEqual([0, null]);
});

test.each([
  ["SALLYPORT_CUSTODIAN_HOME", "", "setting.invalid"],
  ["SALLYPORT_CUSTODIAN_ADDRESS", "localhost", "setting.invalid"],
  ["SALLYPORT_CUSTODIAN_ADDRESS", "localhost:99999", "setting.invalid"],
  ["SALLYPORT_CUSTODIAN_DATABASE_URL_FILE", "", "setting.invalid"],
  ["SALLYPORT_CONSOLE_ORIGIN", "", "setting.invalid"],
  ["SALLYPORT_ROOT_KEY", "hsm", "setting.invalid"],
  ["SALLYPORT_STANDBY", "yes", "setting.invalid"],
  ["SALLYPORT_CONSOLE_ORIGIN", "http://127.0.0.1:3000", "setting.invalid"],
  ["SALLYPORT_CUSTODIAN_DATABASE_URL_FILE", "/nowhere/database.url", "secret.missing"],
])("with %s = %j the start is refused by name", async (setting, value, code) => {
  const { ready, stderr, child } = await launch(newHome(), "postgres://nobody:hunter2hunter2@127.0.0.1:1/none", { [setting]: value });
  expect(ready).toMatchObject({ type: "failed", code, context: { setting } });
  expect(await once(child, "exit")).toEqual([1, null]);
  expect(stderr()).not.toContain("hunter2");
});
