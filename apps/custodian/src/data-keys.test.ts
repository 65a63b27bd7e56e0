import type { KeyContext } from "@sallyport/custody";
import { DataKeys } from "@sallyport/custody/keys";
import { codeOf } from "@sallyport/errors";
import { expect, test } from "vitest";
import { start } from "../test/running.ts";

const subject = (id: string, site = "701"): KeyContext => ({ purpose: "subject", id, study: "S", site });
const HOUR_MS = 3_600_000;

test("a wrapped key opens in its own context, also after a restart, and in no other", async () => {
  const running = await start();
  const contexts = Array.from({ length: 306 }, (_, n) => subject(`sub_${n}`));
  const keys = await running.client.wrap(contexts, 5000);
  expect(new Set(keys.map(({ key }) => key.toString("hex"))).size).toBe(306);
  const { client } = await running.restart();
  const items = keys.map(({ wrapped }, n) => ({ context: contexts[n] as KeyContext, wrapped }));
  expect(await client.unwrap(items, 5000)).toEqual(keys.map(({ key }) => key));

  const [{ wrapped } = { wrapped: "" }] = keys;
  for (const context of [subject("sub_1"), subject("sub_0", "704"), { ...subject("sub_0"), study: "T" }, { ...subject("sub_0"), purpose: "packet" as const }]) {
    expect(await client.unwrap([{ context, wrapped }], 2000).catch(codeOf)).toBe("phi.integrity");
  }
});

test("every changed character of a wrapped key is refused", async () => {
  const { client } = await start();
  const context = subject("sub_1");
  const [{ wrapped } = { wrapped: "" }] = await client.wrap([context], 2000);
  for (let at = 0; at < wrapped.length; at += 1) {
    const altered = wrapped.slice(0, at) + (wrapped[at] === "A" ? "B" : "A") + wrapped.slice(at + 1);
    expect([at, await client.unwrap([{ context, wrapped: altered }], 2000).catch(codeOf)]).toEqual([at, "phi.integrity"]);
  }
});

test("wrapping again in the same context uses the same share, so what was wrapped before still opens", async () => {
  const { client, custodian } = await start();
  const context = subject("sub_1");
  const [first] = await client.wrap([context], 2000);
  const [second] = await client.wrap([context], 2000);
  expect(custodian.store.all("share").size).toBe(1);
  expect(first?.key.equals(second?.key ?? Buffer.alloc(0))).toBe(false);
  expect(
    await client.unwrap(
      [first, second].map((each) => ({ context, wrapped: each?.wrapped ?? "" })),
      2000,
    ),
  ).toEqual([first?.key, second?.key]);
});

test("a share that nobody claimed within the hour is destroyed, and its keys open nothing any more; claimed ones stay", async () => {
  const { client, custodian, clock, trail } = await start();
  const dataKeys = new DataKeys(custodian.store, custodian.store.rootKey, clock.now);
  const sweep = (): Promise<void> => dataKeys.sweep((contexts) => Promise.all(contexts.map(({ id }) => trail.subjectExists(id))));
  const [kept, orphan] = await client.wrap([subject("sub_kept"), subject("sub_orphan")], 2000);
  trail.subjects.add("sub_kept");

  clock.advance(HOUR_MS - 1);
  await sweep();
  expect(custodian.store.all("share").size).toBe(2);
  clock.advance(1);
  trail.isAway = true;
  await expect(sweep()).rejects.toThrow();
  expect(custodian.store.all("share").size).toBe(2);
  trail.isAway = false;
  await sweep();

  expect(await client.unwrap([{ context: subject("sub_kept"), wrapped: kept?.wrapped ?? "" }], 2000)).toEqual([kept?.key]);
  expect(await client.unwrap([{ context: subject("sub_orphan"), wrapped: orphan?.wrapped ?? "" }], 2000).catch(codeOf)).toBe("phi.integrity");
  trail.subjects.clear();
  clock.advance(HOUR_MS);
  await sweep();
  expect(custodian.store.all("share").size).toBe(1);
  expect((await client.status({}, 2000)).events.map(({ action }) => action)).toContain("keys.swept");
});

test.each([{}, { ...subject("x"), extra: 1 }, { ...subject("x"), purpose: "other" }, { ...subject("a b") }, { ...subject("x".repeat(65)) }])(
  "%j is no context",
  async (context) => {
    const { client } = await start();
    expect(await client.wrap([context as KeyContext], 2000).catch(codeOf)).toBe("verb.invalid");
  },
);
