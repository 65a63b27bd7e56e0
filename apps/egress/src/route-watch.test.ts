import { expect, test } from "vitest";
import { RouteWatch } from "./route-watch.ts";

const settings = { kind: "https", name: "gateway", host: "portal.example", port: 443, path: "/packets", credential: "gateway" } as const;

/** A watch over one route that is as it is told; and what it said of it. */
function watched(againMs = 0) {
  const said: (string | null)[] = [];
  let failure: string | null = null;
  const unused = (): Promise<never> => Promise.reject(new RangeError("nothing is sent"));
  const watch = new RouteWatch({
    portalOf: () => ({ deliver: unused, ask: unused, health: () => Promise.resolve(failure) }),
    report: (_, each) => Promise.resolve(void said.push(each)),
    log: () => undefined,
    lookMs: 5,
    againMs,
  });
  const take = (health: { readonly failure: string | null } | null): Promise<void> => watch.take([{ routeId: "rte_1", settings, health }]);
  const becomes = async (next: string | null): Promise<void> => {
    failure = next;
    await expect.poll(() => said.at(-1), { timeout: 10_000 }).toBe(next);
  };
  return { said, take, becomes, stop: () => watch.stop() };
}

test("a route is told of when it changes: its reason too, and nothing while it stays as it is", async () => {
  const { said, take, becomes, stop } = watched();
  await take(null);
  expect(said).toEqual([null]);
  await becomes("unreachable");
  await becomes("tls");
  await becomes(null);
  stop();
  expect(said).toEqual([null, "unreachable", "tls", null]);
});

test("what is on record is what it is compared with: a process that begins says what it is now, and not the reason that stands there", async () => {
  const { said, take, becomes, stop } = watched();
  await take({ failure: "unreachable" });
  await becomes(null);
  // Another process said otherwise meanwhile.
  await take({ failure: "tls" });
  await expect.poll(() => said.length, { timeout: 10_000 }).toBe(2);
  stop();
  expect(said).toEqual([null, null]);
});

test("where another process sees a route otherwise, what this one has said it says once more after a while, and a change of its own at once", async () => {
  const { said, take, becomes, stop } = watched(400);
  await take(null);
  const startMs = performance.now();
  while (said.length === 1 && performance.now() - startMs < 5000) {
    await take({ failure: "tls" });
    await new Promise((settle) => setTimeout(settle, 10));
  }
  expect(said).toEqual([null, null]);
  expect(performance.now() - startMs).toBeGreaterThan(350);
  await becomes("unreachable");
  expect(performance.now() - startMs).toBeLessThan(5000);
  stop();
});
