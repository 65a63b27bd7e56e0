import type { RecordDraft } from "@sallyport/audit";
import type { Custodian, CustodianStatus } from "@sallyport/custody";
import { expect, test } from "vitest";
import { CustodianWatch } from "./custodian-watch.ts";

const EVENT = { n: 1, at: "2026-01-02T03:04:05.000Z", action: "keys.escrowed", resource: "audit", detail: "keys=audit-1" };

/** A custodian that has one act of its own, until that is acknowledged. */
function watchOf(): { readonly watch: CustodianWatch; readonly events: () => number } {
  let events = [EVENT];
  const status = (call: { readonly acknowledge?: number }): Promise<CustodianStatus> => {
    if (call.acknowledge !== undefined) events = events.filter(({ n }) => n !== call.acknowledge);
    return Promise.resolve({ tokenKeys: [], crl: "", revokedWorkloads: [], ca: "", signKeys: [], events } as unknown as CustodianStatus);
  };
  const custodian = { status } as unknown as Custodian;
  return {
    watch: new CustodianWatch(custodian, { changed: () => undefined, turned: () => undefined, holds: () => ["token-1"] }, { event: () => undefined }),
    events: () => events.length,
  };
}

test("an act of the custodian's is put on record and then forgotten by it", async () => {
  const { watch, events } = watchOf();
  const drafts: RecordDraft[] = [];
  await watch.poll((draft) => Promise.resolve(drafts.push(draft)));
  expect(drafts).toMatchObject([{ chain: "system", principal: "custodian", action: "keys.escrowed", detail: `keys=audit-1;at=${EVENT.at}` }]);
  expect(events()).toBe(0);
});

test("while nothing can be put on record, the custodian keeps it", async () => {
  const { watch, events } = watchOf();
  await watch.poll(null);
  expect(watch.isReachable).toBe(true);
  expect(events()).toBe(1);
  await watch.poll(() => Promise.reject(new Error("the trail is away")));
  expect(events()).toBe(1);
});

test("that the signing key was turned is told once, when it is known here", async () => {
  let key = { vkey: "one", fingerprint: "1", handovers: [] as readonly string[] };
  const status = () => Promise.resolve({ tokenKeys: [], crl: "", revokedWorkloads: [], ca: "", signKeys: [], events: [], checkpointKey: key } as unknown as CustodianStatus);
  const told: string[] = [];
  const listener = { changed: () => undefined, turned: () => void told.push(watch.status().checkpointKey.vkey), holds: () => [] };
  const watch: CustodianWatch = new CustodianWatch({ status } as unknown as Custodian, listener, { event: () => undefined });
  for (let n = 0; n < 2; n += 1) await watch.poll(null);
  expect(told).toEqual(["one"]);
  key = { vkey: "two", fingerprint: "2", handovers: ["from one to two"] };
  for (let n = 0; n < 2; n += 1) await watch.poll(null);
  key = { vkey: "one", fingerprint: "1", handovers: ["from one to two", "from two to one"] };
  for (let n = 0; n < 2; n += 1) await watch.poll(null);
  expect(told).toEqual(["one", "two", "one"]);
});
