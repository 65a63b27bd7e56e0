import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { durableCluster } from "@sallyport/embedded-postgres/testing";
import { faultTest } from "@sallyport/testkit";
import { afterEach, expect } from "vitest";
import { type ChildApi, startChildApi } from "./child-api.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { callLater, newSpoolFolder, receiptOf, sealedIn, uploadOf } from "./spool-steps.ts";
import { codeOf, deployment, until } from "./stack.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Where a replay is cut off: by what has passed on the connection whose commit is held. */
const POINTS = {
  "before it is entered": ["enter_spooled", "to server"],
  "after it is entered": ["enter_spooled", "to client"],
  "before its crossing is committed": ["boundary.idempotency", "to server"],
  "after its crossing is committed": ["boundary.idempotency", "to client"],
  "before its end is committed": ["settle_spooled", "to server"],
  "after its end is committed": ["settle_spooled", "to client"],
} as const;
/** The one that ordinary runs go through: what was done must not be done again. */
const SHORT = "after its crossing is committed";

faultTest(
  "A10",
  "an api that is killed at any step of a replay loses none of what was kept and does none of it twice",
  async (defence) => {
    const at = await deployment({ durable: await durableCluster() });
    open.push(() => at.close());
    const proxy = await FaultProxy.before(Number(new URL(at.apiUrl).port));
    open.push(() => proxy.close());
    const folder = newSpoolFolder();
    open.push(() => rmSync(folder, { recursive: true, force: true }));
    const start = async (): Promise<ChildApi> => {
      const child = await startChildApi(at, proxy, "ingest", { SALLYPORT_SPOOL_DIR: folder, SALLYPORT_SPOOL_HOLD_SECONDS: "1" });
      open.push(child.close);
      return child;
    };
    const token = at.forge("ingest");
    const points = Object.entries(POINTS).filter(([point]) => point === SHORT || (LONG && defence === "on"));
    for (const [n, [point, [marker, direction]]] of points.entries()) {
      const first = await start();
      proxy.cut();
      await until(async () => codeOf(await first.client.call("packets.list", {}, token)) === "policy.unavailable", 15_000);
      const receipt = receiptOf(await callLater(first.client, "packets.upload", uploadOf(`87${n}1`), token, `killed-in-replay-${n}`));
      let isIts = false;
      const held = proxy.hold(direction, (chunk) => {
        isIts ||= chunk.includes(marker) && (marker !== "boundary.idempotency" || chunk.includes("INSERT"));
        return isIts && chunk.includes("COMMIT");
      });
      proxy.mend();
      await held;
      await first.child.end("SIGKILL");
      expect(sealedIn(folder)).toHaveLength(1);
      // Off: the crossing that was done forgets its key, as without keys every replay is a request of its own.
      if (defence === "off") {
        await sleep(200);
        await at.owner.run`ALTER TABLE boundary.idempotency DISABLE TRIGGER ALL`;
        await at.owner.run`DELETE FROM boundary.idempotency WHERE key = ${`killed-in-replay-${n}`}`;
        await at.owner.run`ALTER TABLE boundary.idempotency ENABLE TRIGGER ALL`;
      }
      const second = await start();
      await until(
        async () => (await at.owner.run`SELECT 1 FROM ingress.spooled WHERE receipt = ${receipt} AND state = 'replayed'`).length === 1 && sealedIn(folder).length === 0,
        30_000,
      );
      await second.child.end("SIGKILL");
      const [packets] = await at.owner.run<{ n: number }>`SELECT count(*)::integer AS n FROM ingress.packets`;
      const records = (await at.records("system")).filter(({ resource }) => resource === `spool/${receipt}`).map(({ reason }) => reason);
      expect([point, packets?.n, records]).toEqual([point, n + 1, ["taken", "replayed"]]);
    }
  },
  300_000,
);
