import { randomBytes } from "node:crypto";
import type { Custodian } from "@sallyport/custody";
import { SallyportError } from "@sallyport/errors";
import { faultTest } from "@sallyport/testkit";
import { afterAll, beforeAll, expect } from "vitest";
import { demographics, STUDY } from "./dataset.ts";
import { custodianWith } from "./faulty-custodian.ts";
import { bestEffort } from "./lax-ports.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment } from "./stack.ts";

let at: Deployment;
let subjectId = "";
beforeAll(async () => {
  at = await deployment();
  await using api = await at.serve();
  await at.seed(api);
  const page = dataOf(await api.call("reviewer", "subjects.list", { site: "701" })) as { items: { subjectId: string }[] };
  subjectId = page.items[0]?.subjectId ?? "";
});
afterAll(() => at?.close());

const away = (): Promise<never> => Promise.reject(new SallyportError("keys.unavailable"));
const hangs = (deadlineMs: number): Promise<never> => new Promise((_, fail) => setTimeout(() => fail(new SallyportError("keys.unavailable")), deadlineMs));
const upload = (api: Api, site = "701") => api.call("ingest", "packets.upload", { study: STUDY, content: demographics([{ site, subject: "2001" }]) });
const reveal = (api: Api) => api.call("reviewer", "subjects.reveal", { subjectId, field: "DM.AGE", purpose: "safety", reason: "an adverse event" });

/** How much is stored of everything that a crossing may write. */
async function stored(): Promise<readonly number[]> {
  const [row] = await at.owner.run<{
    counts: number[];
  }>`SELECT json_build_array((SELECT count(*) FROM ingress.packets), (SELECT count(*) FROM phi.records), (SELECT count(*) FROM audit.changes), (SELECT count(*) FROM boundary.idempotency)) AS counts`;
  return row?.counts ?? [];
}

const FAILURES = {
  "can't be reached": { wrap: away, unwrap: away },
  "does not answer": { wrap: (_contexts: unknown, deadlineMs: number) => hangs(deadlineMs), unwrap: (_items: unknown, deadlineMs: number) => hangs(deadlineMs) },
};

for (const [how, failing] of Object.entries(FAILURES)) {
  faultTest("E6", `while the key service ${how}, what needs a key ends in 503 within two seconds and writes nothing`, async (defence) => {
    let isFailing = false;
    // Off: where the custodian gives no key, one of the api's own is taken.
    const keys = (real: Custodian): Custodian =>
      custodianWith(real, {
        wrap: async (contexts, deadlineMs) => {
          if (!isFailing) return real.wrap(contexts, deadlineMs);
          return defence === "on"
            ? failing.wrap(contexts, deadlineMs)
            : contexts.map(() => ({ wrapped: `sk1.kek-1.${randomBytes(60).toString("base64url")}`, key: randomBytes(32) }));
        },
        unwrap: async (items, deadlineMs) => {
          if (!isFailing) return real.unwrap(items, deadlineMs);
          return defence === "on" ? failing.unwrap(items, deadlineMs) : items.map(() => randomBytes(32));
        },
      });
    await using api = await at.serve({ custodian: keys, keyTtlMs: 0 });
    dataOf(await api.call("reviewer", "subjects.list", {}));
    isFailing = true;
    const before = await stored();
    for (const ask of [() => upload(api), () => reveal(api), () => api.call("reviewer", "subjects.get", { subjectId })]) {
      const from = performance.now();
      const reply = await ask();
      expect([reply.status, codeOf(reply)]).toEqual([503, "keys.unavailable"]);
      expect(performance.now() - from).toBeLessThan(2500);
    }
    expect(await stored()).toEqual(before);
  });
}

faultTest("E7", "with the key service away, a key that was opened serves for its time and no longer", async (defence) => {
  let isAway = false;
  await using api = await at.serve({
    keyTtlMs: defence === "on" ? 2500 : 3_600_000,
    custodian: (real) => custodianWith(real, { unwrap: (items, deadlineMs) => (isAway ? away() : real.unwrap(items, deadlineMs)) }),
  });
  const get = async (): Promise<string> => codeOf(await api.call("reviewer", "subjects.get", { subjectId }));
  expect(await get()).toBe("ok");
  const openedAt = performance.now();
  isAway = true;
  expect(await get()).toBe("ok");
  await new Promise((resolve) => setTimeout(resolve, 2600 - (performance.now() - openedAt)));
  expect(await get()).toBe("keys.unavailable");
});

faultTest("E13", "where the record of an opened value can't be written, the answer is 503 and the value never leaves", async (defence) => {
  await using api = await at.serve(defence === "off" ? { ports: bestEffort } : {});
  const { value } = dataOf(await reveal(api)) as { value: number };
  const before = await stored();
  await at.forbidAppends();
  try {
    for (const reply of [await reveal(api), await api.call("reviewer", "subjects.get", { subjectId })]) {
      expect([reply.status, codeOf(reply)]).toEqual([503, "trail.unavailable"]);
      expect(reply.text).not.toContain(`:${value}`);
    }
    expect(await stored()).toEqual(before);
  } finally {
    await at.allowAppends();
  }
});
