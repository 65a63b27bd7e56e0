import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { leafHash, lineOf, merkleRoot } from "@sallyport/audit";
import { AuditEpochs, TrailIncidents } from "@sallyport/custody/incidents";
import { SigningKeys } from "@sallyport/custody/keys";
import { faultTest } from "@sallyport/testkit";
import { expect } from "vitest";
import { newHome, type Running, start } from "../test/running.ts";
import { Checkpoints } from "./checkpoints.ts";
import type { Store } from "./store.ts";

/** What was signed, of one that was opened again on what a kill left of the store's file. */
async function afterKill({ home, trail, clock }: Running, left: Buffer): Promise<{ readonly stands: number; readonly next: readonly [number, string] }> {
  const copy = newHome();
  copyFileSync(`${home}/root.key`, `${copy}/root.key`);
  writeFileSync(`${copy}/store.jsonl`, left, { mode: 0o600 });
  const again = await start({ home: copy, trail, clock });
  const stands = again.custodian.store.get("mark", "system 1")?.size ?? 0;
  const { checkpoints } = await again.client.sign({ kind: "checkpoint", chains: ["system"] }, 2000);
  await again.stop();
  return { stands, next: [checkpoints[0]?.size ?? 0, checkpoints[0]?.root ?? ""] };
}

/** The same store, of which a signature doesn't wait. */
const unawaited = (store: Store): Store =>
  new Proxy(store, {
    get(target, name) {
      const value: unknown = name === "durable" ? () => Promise.resolve() : Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });

faultTest("A11", "a custodian that is killed while it signs has what it had signed, and catches up", async (defence) => {
  const running = await start();
  const { custodian, client, trail, clock, home } = running;
  const { store, deployment } = custodian;
  const file = `${home}/store.jsonl`;
  await trail.append(client, deployment, "system", 4);
  await client.sign({ kind: "checkpoint", chains: ["system"] }, 2000);
  const before = readFileSync(file).length;
  await trail.append(client, deployment, "system", 3);
  const written = defence === "on" ? store : unawaited(store);
  const incidents = new TrailIncidents({ store: written, reader: trail, deployment, now: clock.now });
  const signing = new Checkpoints(written, trail, incidents, new AuditEpochs(written), new SigningKeys(store, deployment), clock.now);
  const [answered] = await signing.sign(["system"]);
  const left = readFileSync(file);

  const leaves = trail.rows("system").map(({ body, mac }) => leafHash(lineOf(body, mac)));
  const all = [7, merkleRoot(leaves).toString("hex")];
  expect([answered?.size, answered?.root]).toEqual(all);
  // Killed once it had answered.
  expect(await afterKill(running, left)).toEqual({ stands: 7, next: all });
  // Killed while it wrote: nobody has the new one yet.
  for (let length = before; length < left.length; length += Math.ceil((left.length - before) / 12)) {
    expect(await afterKill(running, left.subarray(0, length))).toEqual({ stands: 4, next: all });
  }
});
