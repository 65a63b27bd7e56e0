import { setTimeout as sleep } from "node:timers/promises";
import { UPLOAD_CHUNK_BYTES } from "@sallyport/contracts";
import { durableCluster } from "@sallyport/embedded-postgres/testing";
import { faultTest } from "@sallyport/testkit";
import { afterEach, expect, test } from "vitest";
import { startChildApi } from "./child-api.ts";
import { demographics, STUDY } from "./dataset.ts";
import type { DoorClient, Reply } from "./door-client.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { codeOf, dataOf, type Deployment, deployment } from "./stack.ts";
import { type Standing, sha256 } from "./upload-steps.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface Scene {
  readonly at: Deployment;
  readonly proxy: FaultProxy;
  readonly start: () => Promise<{ readonly client: DoorClient; readonly kill: () => Promise<unknown> }>;
}

async function scene(): Promise<Scene> {
  const at = await deployment({ durable: await durableCluster() });
  open.push(() => at.close());
  const proxy = await FaultProxy.before(Number(new URL(at.apiUrl).port));
  open.push(() => proxy.close());
  return {
    at,
    proxy,
    async start() {
      const { child, client, close } = await startChildApi(at, proxy);
      open.push(close);
      return { client, kill: () => child.end("SIGKILL") };
    },
  };
}

const bytesOf = (subject: string): Buffer => {
  const text = demographics([{ site: "701", subject }]);
  return Buffer.from(text.replace('"YEARS"', `${" ".repeat(2 * UPLOAD_CHUNK_BYTES + 9)}"YEARS"`));
};
const begin = async (client: DoorClient, token: string, bytes: Buffer): Promise<string> =>
  (dataOf(await client.call("packets.begin", { study: STUDY, files: [{ name: "dm.json", bytes: bytes.length }] }, token)) as Standing).packetId;
const received = async (client: DoorClient, token: string, packetId: string): Promise<number> =>
  (dataOf(await client.call("packets.progress", { packetId }, token)) as Standing).files[0]?.received ?? -1;
const partAt = (bytes: Buffer, offset: number): Buffer => bytes.subarray(offset, offset + UPLOAD_CHUNK_BYTES);
const lost = (reply: Promise<Reply>): Promise<string> =>
  reply.then(
    ({ status }) => `answered ${status}`,
    () => "no answer",
  );

const POINTS = { "between its insert and its commit": "to server", "after its commit and before its answer": "to client" } as const;

/** Asks again what a process that has just come up, or a busy machine, had no time for, as every client does. */
async function served(send: () => Promise<Reply>): Promise<Reply> {
  for (let tries = 0; ; tries += 1) {
    const reply = await send();
    if (reply.status !== 503 || tries === 60) return reply;
    await sleep(500);
  }
}

test("an api that is killed in the beginning of an upload, before its commit or after it, has begun it or not, and the repeated call begins one", async () => {
  const { at, proxy, start } = await scene();
  const token = at.forge("ingest");
  for (const [n, [point, direction]] of Object.entries(POINTS).entries()) {
    const key = `begin-upload-000000${n}`;
    const input = { study: STUDY, files: [{ name: "dm.json", bytes: 100 + n }] };
    const first = await start();
    // What is read before is in transactions too: the one that is held has the packet in it.
    let isBeginning = false;
    const held = proxy.hold(direction, (chunk) => {
      isBeginning ||= chunk.includes("ingress.packets") && chunk.includes("INSERT");
      return isBeginning && chunk.includes("COMMIT");
    });
    const answer = lost(served(() => first.client.call("packets.begin", input, token, key)));
    await Promise.race([held, answer.then((how) => expect(how).toBe("held"))]);
    await first.kill();
    expect([point, await answer]).toEqual([point, "no answer"]);

    const { client, kill } = await start();
    const again = async (): Promise<string> => (dataOf(await served(() => client.call("packets.begin", input, token, key))) as Standing).packetId;
    const begun = await again();
    expect(await again()).toBe(begun);
    const rows = await at.owner.run<{ id: string; files: number }>`
      SELECT p.id, count(*)::integer AS files FROM ingress.packets p JOIN ingress.upload_files f ON f.packet = p.id WHERE f.bytes = ${100 + n} GROUP BY p.id`;
    expect([point, rows]).toEqual([point, [{ id: begun, files: 1 }]]);
    await kill();
  }
}, 240_000);

test.each(Object.entries(POINTS))(
  "an api that is killed in a part, %s, has the part whole or not at all, and the next one goes on there",
  async (_, direction) => {
    const { at, proxy, start } = await scene();
    const token = at.forge("ingest");
    const bytes = bytesOf("6001");
    const first = await start();
    const packetId = await begin(first.client, token, bytes);
    dataOf(await first.client.part({ packetId, file: 1, offset: 0 }, partAt(bytes, 0), token));
    // What is read for the decision is in transactions too: the one that is held is the one that writes, whose bytes are many.
    let isWriting = false;
    const held = proxy.hold(direction, (chunk) => {
      isWriting ||= chunk.length > 10_000;
      return isWriting && chunk.includes("COMMIT");
    });
    const answer = lost(first.client.part({ packetId, file: 1, offset: UPLOAD_CHUNK_BYTES }, partAt(bytes, UPLOAD_CHUNK_BYTES), token));
    await held;
    await first.kill();
    expect(await answer).toBe("no answer");

    const { client } = await start();
    const standing = await received(client, token, packetId);
    expect([UPLOAD_CHUNK_BYTES, 2 * UPLOAD_CHUNK_BYTES]).toContain(standing);
    const [row] = await at.owner.run<{ n: number }>`SELECT count(*)::integer AS n FROM ingress.packet_chunks WHERE packet = ${packetId}`;
    expect(row?.n).toBe(standing / UPLOAD_CHUNK_BYTES);
    for (let offset = standing; offset < bytes.length; offset += UPLOAD_CHUNK_BYTES) dataOf(await client.part({ packetId, file: 1, offset }, partAt(bytes, offset), token));
    expect(dataOf(await client.call("packets.complete", { packetId, files: [{ n: 1, sha256: sha256(bytes) }] }, token))).toMatchObject({ state: "quarantined" });
  },
  120_000,
);

faultTest(
  "A10",
  "an api that is killed while it completes an upload leaves it receiving or in quarantine, and the repeated call answers once",
  async (defence) => {
    const { at, proxy, start } = await scene();
    const token = at.forge("ingest");
    // Without keys, what was committed is asked for again: before the commit there is nothing to show.
    const points = Object.entries(POINTS).filter(([, direction]) => defence === "on" || direction === "to client");
    for (const [point, direction] of points) {
      const bytes = bytesOf(direction === "to server" ? "6002" : "6003");
      const key = `complete-${direction.replace(" ", "-")}-0001`;
      const first = await start();
      const packetId = await begin(first.client, token, bytes);
      for (let offset = 0; offset < bytes.length; offset += UPLOAD_CHUNK_BYTES) dataOf(await first.client.part({ packetId, file: 1, offset }, partAt(bytes, offset), token));
      const input = { packetId, files: [{ n: 1, sha256: sha256(bytes) }] };
      // What is read before is in transactions too: the one that is held is the change's own, which has a record in it.
      let isChanging = false;
      const held = proxy.hold(direction, (chunk) => {
        isChanging ||= chunk.includes("idempotency") && chunk.includes("INSERT");
        return isChanging && chunk.includes("COMMIT");
      });
      const answer = lost(first.client.call("packets.complete", input, token, key));
      await Promise.race([held, answer.then((how) => expect([point, how]).toEqual([point, "held"]))]);
      await first.kill();
      expect(await answer).toBe("no answer");

      const second = await start();
      const standing = (dataOf(await second.client.call("packets.progress", { packetId }, token)) as Standing).state;
      expect([point, standing]).toEqual([point, direction === "to client" ? "quarantined" : "receiving"]);
      // Off: the retry is a request of its own, as without keys every retry is.
      const retried = await second.client.call("packets.complete", input, token, defence === "on" || standing === "receiving" ? key : `${key}-again`);
      const again = await second.client.call("packets.complete", input, token, defence === "on" ? key : `${key}-again`);
      await second.kill();
      expect([point, codeOf(retried), codeOf(again)]).toEqual([point, "ok", "ok"]);
      expect(dataOf(again)).toMatchObject({ state: "quarantined" });
      const records = (await at.records(`site:${STUDY}/701`)).filter(
        ({ resource, reason, detail }) => resource === packetId && reason === "allowed" && detail?.includes("rows=1") === true,
      );
      expect([point, records.length]).toEqual([point, 1]);
    }
  },
  120_000,
);
