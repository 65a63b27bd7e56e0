import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect } from "vitest";
import type { Reply } from "./door-client.ts";
import { type Api, dataOf, type Deployment, deployment, until } from "./stack.ts";

let at: Deployment;
beforeAll(async () => {
  at = await deployment();
  await using api = await at.serve();
  await at.seed(api);
});
afterAll(() => at?.close());

const CONNECTIONS = 3;

/** The rounds of the process that ask the database by the clock, each once at a time. */
const OWN_ROUNDS = 16;

faultTest("P3", "with every connection held, requests end in 503 in two seconds, and nobody is left waiting", async (defence) => {
  const patience = defence === "on" ? {} : { waitMs: 30_000, waitingMax: 1_000_000 };
  await using api = await at.serve({ pool: { max: CONNECTIONS, ...patience } });
  // Their TLS connections are made beforehand: it is the database's that are short here.
  await Promise.all(Array.from({ length: 40 }, () => list(api)));
  let letGo = (): void => undefined;
  const holding = new Promise<void>((resolve) => (letGo = resolve));
  const held = Array.from({ length: CONNECTIONS }, () => api.database.transaction(() => holding).catch(() => undefined));
  try {
    const late = new Promise<"late">((resolve) => setTimeout(() => resolve("late"), 2500));
    const replies = await Promise.all(Array.from({ length: 40 }, () => Promise.race([list(api), late])));
    expect(replies.map((reply) => (reply === "late" ? reply : reply.status))).toEqual(replies.map(() => 503));
    // What the process asks by its own clock (policy, sessions, the search) may wait at any moment; no request does.
    await until(() => api.database.waiting <= OWN_ROUNDS, 3000).catch(() => undefined);
    expect(api.database.waiting).toBeLessThanOrEqual(OWN_ROUNDS);
  } finally {
    letGo();
    await Promise.all(held);
  }
  await until(async () => (await list(api)).status === 200);
});

faultTest("P8", "what a crossing could see is not to be seen by whoever has its connection next", async (defence) => {
  // One connection for all, so that the next one is the same.
  await using api = await at.serve({
    pool: { max: 1 },
    ...(defence === "off" && {
      ports: (real) => ({
        ...real,
        subjects: {
          ...real.subjects,
          // Off: the sites are set for the session, as one forgotten argument would have it.
          async list(grant, page) {
            await real.read((tx) => tx`SELECT set_config('sallyport.sites', ${grant.siteKeys().join("\n")}, false), set_config('sallyport.action', ${grant.action}, false)`);
            return real.subjects.list(grant, page);
          },
        },
      }),
    }),
  });
  expect(dataOf(await list(api))).toMatchObject({ total: 5 });
  const [subjects] = await api.database.run<{ n: string }>`SELECT count(*) AS n FROM phi.subjects`;
  const [records] = await api.database.run<{ n: string }>`SELECT count(*) AS n FROM audit.records`;
  expect([Number(subjects?.n), Number(records?.n)]).toEqual([0, 0]);
});

const list = (api: Api): Promise<Reply> => api.call("reviewer", "subjects.list", {});
