import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChildApi, startChildApi } from "./child-api.ts";
import { demographics, STUDY } from "./dataset.ts";
import { type Api, dataOf, type Deployment, deployment } from "./stack.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const LOAD_MS = LONG ? 60_000 : 2000;
const CALLERS = 4;
const CHAIN = `site:${STUDY}/701`;

let at: Deployment;
let api: Api;
let apis: readonly ChildApi[];
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  await at.seed(api);
  apis = [await startChildApi(at), await startChildApi(at)];
}, 120_000);
afterAll(async () => {
  for (const { close } of apis ?? []) await close();
  await api?.close();
  await at?.close();
});

test(
  "eight writers on two apis, each a process of its own, make one gap-free chain: what was acknowledged is in it once, and it is whole",
  async () => {
    const before = (await at.records(CHAIN)).length;
    const untilMs = Date.now() + LOAD_MS;
    const nodeOf = new Map<string, number>();
    const writers = apis.flatMap(({ client }, node) =>
      Array.from({ length: CALLERS }, async (_, caller) => {
        const token = at.forge("ingest");
        for (let n = 0; Date.now() < untilMs; n += 1) {
          const content = demographics([{ site: "701", subject: `${7000 + node * CALLERS + caller}` }]);
          const { packetId } = dataOf(await client.call("packets.upload", { study: STUDY, content }, token)) as { packetId: string };
          expect(nodeOf.has(packetId)).toBe(false);
          nodeOf.set(packetId, node);
        }
      }),
    );
    await Promise.all(writers);
    const records = (await at.records(CHAIN)).slice(before);
    expect(records.map(({ seq }) => Number(seq))).toEqual(records.map((_, index) => before + index + 1));
    const written = records.filter(({ action }) => action === "packet.upload").map(({ resource }) => resource ?? "");
    expect([...written].sort()).toEqual([...nodeOf.keys()].sort());
    // The nodes wrote beside each other, and not the one after the other.
    const nodes = written.map((packet) => nodeOf.get(packet));
    expect(nodes.filter((node, index) => index > 0 && node !== nodes[index - 1]).length).toBeGreaterThan(2);
    const { verdicts } = JSON.parse(await at.custodian.handle("status", Buffer.from(JSON.stringify({ verify: [CHAIN] })))) as {
      verdicts: readonly { chain: string; broken: unknown }[];
    };
    expect(verdicts.filter(({ chain }) => chain === CHAIN)).toEqual([expect.objectContaining({ broken: null })]);
  },
  LOAD_MS + 60_000,
);
