import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect } from "vitest";
import { startChildApi } from "./child-api.ts";
import { demographics, STUDY } from "./dataset.ts";
import { type Api, dataOf, type Deployment, deployment, until } from "./stack.ts";

const CALLERS = 8;
/** As long as an api that is told to end may take. */
const GRACE_MS = 10_000;

let at: Deployment;
let api: Api;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  await at.seed(api);
}, 120_000);
afterAll(async () => {
  await api?.close();
  await at?.close();
});

faultTest(
  "P19",
  "an api that is told to end under load answers what it has in hand, and nothing of it is half-done",
  async (defence) => {
    const { client, child, close } = await startChildApi(at);
    const token = at.forge("ingest");
    const acknowledged: string[] = [];
    const unanswered: string[] = [];
    let isEnding = false;
    const before = (await at.records(`site:${STUDY}/701`)).length;
    const callers = Array.from({ length: CALLERS }, async (_, caller) => {
      const content = demographics([{ site: "701", subject: `${8000 + caller}` }]);
      while (!isEnding)
        await client.call("packets.upload", { study: STUDY, content }, token).then(
          // A busy machine may answer that it can't be done now: that is an answer, and has no effect either.
          (reply) => (reply.status === 200 ? acknowledged.push((dataOf(reply) as { packetId: string }).packetId) : undefined),
          (error: Error) => unanswered.push(error.message),
        );
    });
    await until(() => acknowledged.length > CALLERS, 20_000);
    isEnding = true;
    const startedMs = Date.now();
    // Off: it ends at once.
    const how = await child.end(defence === "on" ? "SIGTERM" : "SIGKILL");
    await Promise.all(callers);
    await close();
    expect([how, unanswered]).toEqual([0, []]);
    expect(Date.now() - startedMs).toBeLessThan(GRACE_MS + 2000);
    const records = (await at.records(`site:${STUDY}/701`)).slice(before).filter(({ action }) => action === "packet.upload");
    expect(records.map(({ resource }) => resource).sort()).toEqual(acknowledged.sort());
    const stored = await at.owner.run<{ id: string }>`SELECT id FROM ingress.packets`;
    expect(stored.filter(({ id }) => acknowledged.includes(id))).toHaveLength(acknowledged.length);
  },
  60_000,
);
