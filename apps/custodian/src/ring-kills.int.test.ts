import { spawnSync } from "node:child_process";
import { isKeyAmong, keysBehind } from "@sallyport/audit";
import type { RingRules } from "@sallyport/custody/keys";
import { expect, test } from "vitest";
import { untold } from "../test/crashes.ts";
import { RING_KILLS, type RingKill } from "../test/ring-kills.ts";
import { enrol, type Running, start } from "../test/running.ts";

const IS_LONG = process.env["SALLYPORT_TEST_LONG"] === "1";
/** In the ordinary run six: of each ring one at least, and at each moment two. */
const KILLS = IS_LONG ? RING_KILLS : RING_KILLS.filter((_, n) => n % 17 === 1);
/** What a step waits for is shown elsewhere; here it is where its process ends. */
const RULES: RingRules = { held: false, inWindow: false, unused: false, approved: false };
const context = { purpose: "subject", id: "sub_1", study: "S", site: "701" } as const;

/** A custodian in a process of its own that is asked for one step, and is killed by SIGKILL. */
const KILLED = `
import { openCustodian } from "@sallyport/app-custodian";
const [home, ring, step, at, moment, delay] = process.argv.slice(1);
const none = () => { throw new Error("no trail"); };
const custodian = await openCustodian({
  home, now: Date.now, onFailure: none, runDeeply: () => Promise.resolve(), starterPolicyDigest: "", shippedProfileDigests: [],
  reader: { wraps: async () => new Map(), heads: async () => [], checkpoints: async () => [], records: none, closings: none, close: async () => undefined },
  party: { id: "localhost", origin: "http://localhost:3000" }, archiveAfterDays: 30,
  ringRules: { held: false, inWindow: false, unused: false, approved: false },
});
const end = () => process.kill(process.pid, "SIGKILL");
const asked = custodian.handle("rotate", Buffer.from(JSON.stringify({ kind: "step", ring, step, at: Number(at), statement: null })));
if (moment === "asked") end();
if (moment === "under way") setTimeout(end, Number(delay));
await asked;
end();
`;

const ringsOf = async ({ client }: Running) => (await client.rotate({ kind: "rings" }, 2000)).rings;

async function killedAt({ ring, step, moment, before }: RingKill, delayMs: number): Promise<void> {
  const first = await start({}, { ringRules: RULES });
  const { client, trail, custodian } = first;
  const [made] = await client.wrap([context], 2000);
  let wrapped = made?.wrapped ?? "";
  const { fingerprint } = (await client.status({}, 2000)).checkpointKey;
  await trail.append(client, custodian.deployment, "system", 2);
  await client.sign({ kind: "checkpoint", chains: ["system"] }, 2000);
  for (const [at, each] of before.entries()) {
    await client.rotate({ kind: "step", ring, step: each, at, statement: null }, 2000);
    if (each !== "activate" || ring !== "kek") continue;
    const { keys } = await client.rotate({ kind: "rewrap", items: [{ context, wrapped }] }, 2000);
    wrapped = (keys[0] as { readonly wrapped: string }).wrapped;
  }
  await first.stop();
  const at = before.length;
  const killed = spawnSync(process.execPath, ["--input-type=module", "-e", KILLED, first.home, ring, step, String(at), moment, String(delayMs)], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  expect([killed.signal, killed.stderr]).toEqual(["SIGKILL", ""]);

  const again = await start({ home: first.home, trail, clock: first.clock }, { ringRules: RULES });
  const found = (await ringsOf(again)).find((each) => each.ring === ring);
  // Before it or after it, and after it where it was answered; told either way, and the same step asked for again is there once.
  expect(found?.at === at || (found?.at === at + 1 && found.last === step)).toBe(true);
  if (moment === "answered") expect(found?.at).toBe(at + 1);
  expect(await untold(again)).toEqual([]);
  await again.client.rotate({ kind: "step", ring, step, at, statement: null }, 2000);
  const { at: then, keys = [] } = (await ringsOf(again)).find((each) => each.ring === ring) ?? {};
  expect([then, keys.filter(({ state }) => state === "active").length]).toEqual([at + 1, 1]);
  expect(await untold(again)).toEqual([]);
  // Nothing is unreadable, and every key in use works: data keys, certificates, tokens, and the fingerprint of before leads on.
  expect(await again.client.unwrap([{ context, wrapped }], 2000)).toEqual([made?.key]);
  const { spiffe, x5t } = await enrol(again, "/service/reviewer");
  expect((await again.client.mint({ sub: "svc_reviewer", scope: "subject.list", azp: spiffe, x5t }, 2000)).token).toMatch(/^ey/);
  const { checkpointKey } = await again.client.status({}, 2000);
  expect(isKeyAmong(fingerprint, keysBehind(checkpointKey.vkey, checkpointKey.handovers))).toBe(true);
  if (ring !== "audit") expect((await again.client.sign({ kind: "checkpoint", chains: ["system"] }, 2000)).checkpoints).toHaveLength(1);
  await again.stop();
}

for (const [n, kill] of KILLS.entries())
  test(`a custodian whose process is killed at ${kill.ring} ${kill.step}, ${kill.moment}, goes on from there`, async () => killedAt(kill, n % 4), 60_000);
