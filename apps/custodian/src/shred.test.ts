import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { KeyContext, ShredRequest } from "@sallyport/custody";
import { SHREDS } from "@sallyport/custody/journal";
import { packetsDigestOf, type ShredRules, strictShredRules } from "@sallyport/custody/keys";
import { codeOf } from "@sallyport/errors";
import { faultTest } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { approveAs, founders, type Person, person, statementOf } from "../test/people.ts";
import { newHome, type Running, start } from "../test/running.ts";

const SUBJECT = `sub_${"0".repeat(26)}`;
const OTHER = `sub_${"1".repeat(26)}`;
const PACKET = `pkt_${"0".repeat(26)}`;
const at = (id: string, site = "701"): KeyContext => ({ purpose: "subject", id, study: "S", site });
/** A subject at the two sites where it was, the packet that it came in, and another subject. */
const CONTEXTS: readonly KeyContext[] = [at(SUBJECT), at(SUBJECT, "704"), { purpose: "packet", id: PACKET, study: "S", site: "-" }, at(OTHER)];
const PAYLOAD = { subjectId: SUBJECT, reference: "ref:x", retainedUntil: "2020-01-01", packetsDigest: packetsDigestOf([PACKET]) };

/** Two who approve, and one who asks. */
async function people(running: Running): Promise<readonly [Person, Person, Person]> {
  const [ada, bob] = await founders(running);
  return [ada, bob, person()];
}
const statement = (running: Running, by: Person, over: object = {}, payload: object = {}): string =>
  statementOf(running, by, { kind: "subject.shred", needed: 2, payload: { ...PAYLOAD, ...payload }, ...over });

const shred = (running: Running, text: string, over: Partial<ShredRequest> = {}): Promise<string> =>
  running.client.shred({ kind: "shred", statement: text, packets: [PACKET], ...over }, 2000).then(({ at: when }) => (when === null ? "may" : "done"), codeOf);

type Made = Awaited<ReturnType<Running["client"]["wrap"]>>;
/** Which of the contexts open. */
const opens = (running: Running, made: Made): Promise<readonly string[]> =>
  Promise.all(made.map(({ wrapped }, n) => running.client.unwrap([{ context: CONTEXTS[n] as KeyContext, wrapped }], 2000).then(() => "opens", codeOf)));
const GONE = ["subject.shredded", "subject.shredded", "phi.integrity", "opens"];

/** A running custodian with an approved statement. */
async function approved(running: Running): Promise<{ readonly text: string; readonly made: Made }> {
  const made = await running.client.wrap(CONTEXTS, 2000);
  const [ada, bob, cara] = await people(running);
  const text = statement(running, cara);
  for (const who of [ada, bob]) await approveAs(running, who, text);
  return { text, made };
}

test("a subject's shares are destroyed upon two persons' passkeys, wherever it was, with its packets', and no other's; none is made for it again", async () => {
  const running = await start();
  const made = await running.client.wrap(CONTEXTS, 2000);
  const [ada, bob, cara] = await people(running);
  const text = statement(running, cara);
  expect(await shred(running, text)).toBe("verb.refused");
  await approveAs(running, ada, text);
  expect(await shred(running, text)).toBe("verb.refused");
  await approveAs(running, bob, text);
  expect(await shred(running, text, { packets: [] })).toBe("verb.refused");
  expect(await shred(running, text, { kind: "check" })).toBe("may");
  expect(await opens(running, made)).toEqual(["opens", "opens", "opens", "opens"]);
  expect([await shred(running, text), await shred(running, text)]).toEqual(["done", "done"]);
  expect(await opens(running, made)).toEqual(GONE);
  expect(await running.client.wrap([at(SUBJECT, "708")], 2000).catch(codeOf)).toBe("subject.shredded");
  const { shreds, events } = await running.client.status({}, 2000);
  expect(shreds).toBe(1);
  expect(events.filter(({ action }) => action === "subject.shredded")).toMatchObject([{ resource: "ref:x", detail: expect.stringMatching(/;shares=3;packets=1$/) as string }]);
  const again = await running.restart();
  expect(await opens(again, made)).toEqual(GONE);
  expect(readFileSync(`${again.home}/${SHREDS}`, "utf8").split("\n")).toHaveLength(3);
});

test("a journal of shreds that was altered stops the start, a torn last line is taken away, and one that was lost is written anew from the store", async () => {
  const running = await start();
  const { text, made } = await approved(running);
  const path = `${running.home}/${SHREDS}`;
  await shred(running, text);
  await running.stop();
  const whole = readFileSync(path, "utf8");
  writeFileSync(path, `${whole}{"subject":"sub_`);
  const torn = await running.restart();
  expect([readFileSync(path, "utf8"), await opens(torn, made)]).toEqual([whole, GONE]);
  await torn.stop();
  writeFileSync(path, whole.replace(SUBJECT, OTHER));
  expect(await running.restart().catch(codeOf)).toBe("custodian.store");
  // Where the journal alone was lost, the store knows.
  rmSync(path);
  expect(await opens(await running.restart(), made)).toEqual(GONE);
  expect(readFileSync(path, "utf8")).toBe(whole);
});

test("a study's data are kept until the day that the statement names, by the custodian's own clock", async () => {
  const running = await start();
  const [ada, bob, cara] = await people(running);
  const tomorrow = new Date(running.clock.now() + 86_400_000).toISOString().slice(0, 10);
  const text = statement(running, cara, {}, { retainedUntil: tomorrow });
  for (const who of [ada, bob]) await approveAs(running, who, text);
  expect(await shred(running, text)).toBe("verb.refused");
  running.clock.advance(86_400_000);
  expect(await shred(running, text)).toBe("done");
});

faultTest("E4", "a store of before a shred, put back with the journal that stayed with the root key, opens nothing of the subject", async (defence) => {
  const rules: ShredRules = { ...strictShredRules, journal: defence === "on" };
  const running = await start({}, { shredRules: rules });
  const { text, made } = await approved(running);
  const before = readFileSync(`${running.home}/store.jsonl`);
  await shred(running, text);
  expect(await opens(running, made)).toEqual(GONE);
  await running.stop();
  writeFileSync(`${running.home}/store.jsonl`, before);
  const back = await running.restart();
  expect(await opens(back, made)).toEqual(GONE);
  expect(readFileSync(`${running.home}/store.jsonl`).equals(before)).toBe(false);
});

faultTest("E9", "a custodian that is ended at any point of a shred finishes it, or never began it", async (defence) => {
  const running = await start({}, { shredRules: { ...strictShredRules, journal: defence === "on" } });
  const { text, made } = await approved(running);
  const [store, journal] = [`${running.home}/store.jsonl`, `${running.home}/${SHREDS}`];
  const begun = [readFileSync(store), readFileSync(journal)] as const;
  await shred(running, text);
  const done = [readFileSync(store), readFileSync(journal)] as const;
  await running.stop();
  const half = done[1].subarray(0, Math.floor((begun[1].length + done[1].length) / 2));
  // The journal first, then the store, which is put in its place as a whole.
  for (const [[file, shreds], outcome] of [
    [
      [begun[0], begun[1]],
      ["opens", "opens", "opens", "opens"],
    ],
    [
      [begun[0], half],
      ["opens", "opens", "opens", "opens"],
    ],
    [[begun[0], done[1]], GONE],
    [[done[0], done[1]], GONE],
  ] as const) {
    const home = newHome();
    cpSync(`${running.home}/root.key`, `${home}/root.key`);
    writeFileSync(`${home}/store.jsonl`, file, { mode: 0o600 });
    writeFileSync(`${home}/${SHREDS}`, shreds);
    const again = await start({ home, clock: running.clock });
    expect(await opens(again, made)).toEqual(outcome);
    expect(await shred(again, text)).toBe("done");
    expect(await opens(again, made)).toEqual(GONE);
    await again.stop();
  }
});

faultTest("R6", "a subject isn't shredded by who asked and one other, nor by one's word twice", async (defence) => {
  const running = await start({}, { shredRules: { ...strictShredRules, enough: defence === "on" } });
  const [ada, bob] = await founders(running);
  const text = statement(running, ada, { needed: 1 });
  await approveAs(running, bob, text);
  expect(await shred(running, text)).toBe("verb.refused");
});

test("a share that waits for its row isn't brought back by the sweep that began before the shred", async () => {
  const running = await start();
  const { text, made } = await approved(running);
  expect(existsSync(`${running.home}/${SHREDS}`)).toBe(true);
  const { store } = running.custodian;
  const { DataKeys } = await import("@sallyport/custody/keys");
  running.clock.advance(3_600_000);
  await new DataKeys(store, store.rootKey, running.clock.now).sweep(async (contexts) => {
    await shred(running, text);
    return contexts.map(() => true);
  });
  expect(await opens(running, made)).toEqual(GONE);
});
