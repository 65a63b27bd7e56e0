import { openNote, parseStatement, type SealedRecord } from "@sallyport/audit";
import { sha256 } from "@sallyport/crypto";
import type { Verdict } from "@sallyport/custody";
import { codeOf } from "@sallyport/errors";
import { expect, test } from "vitest";
import { archive, CHAIN, closeGeneration, DAY_MS, KEPT_DAYS, manifestOf, payloadOf, ready, settled } from "../test/archiving.ts";
import { draftOf } from "../test/memory-trail.ts";
import { approveAs, statementOf } from "../test/people.ts";
import { type Running, start } from "../test/running.ts";

const verdicts = async ({ client }: Running): Promise<readonly Pick<Verdict, "generation" | "size" | "broken">[]> =>
  (await client.status({ verify: [CHAIN] }, 5000)).verdicts.filter(({ chain }) => chain === CHAIN).map(({ generation, size, broken }) => ({ generation, size, broken }));
const incidents = async ({ client }: Running): Promise<number> => (await client.status({}, 2000)).incidents.filter(({ ended }) => ended === null).length;
const whole = [
  { generation: 1, size: 7, broken: null },
  { generation: 2, size: 1, broken: null },
];
const left = ({ trail }: Running, generation: number): readonly SealedRecord[] => trail.rows(CHAIN).filter((row) => row.generation === generation);

test("a generation that two people had archived leaves the database, and the chain stays whole: the custodian remembers it", async () => {
  const running = await start();
  const of = await ready(running);
  const said = await archive(running, of);
  expect(said).toMatchObject({
    chain: CHAIN,
    generation: 1,
    size: 7,
    root: of.payload["root"],
    head: of.payload["head"],
    manifest: of.payload["manifest"],
    by: [of.ada.id, of.bob.id],
  });
  expect([said.from, said.to]).toEqual(["2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.000Z"]);
  await settled();
  expect(left(running, 1)).toEqual([]);
  for (const again of [() => running, () => running.restart()]) {
    const each = await again();
    expect(await verdicts(each)).toEqual(whole);
    expect(await incidents(each)).toBe(0);
    const { archived, archiveAfterDays, events } = await each.client.status({}, 2000);
    expect([archived, archiveAfterDays]).toEqual([[expect.objectContaining({ generation: 1, isGone: true, manifest: said.manifest })], KEPT_DAYS]);
    // On record where the chain goes on, and in `system`.
    expect(events.filter(({ action }) => action === "trail.archived").map(({ chain }) => chain)).toEqual(["system", CHAIN]);
    expect(events.filter(({ action }) => action === "trail.removed").map(({ chain }) => chain)).toEqual([CHAIN]);
    expect(await each.client.seal([{ head: each.trail.head(CHAIN), drafts: [draftOf(CHAIN, 2)] }], 2000)).toHaveLength(1);
  }
});

test("what is asked again is answered the same, and what was removed isn't archived as another bundle", async () => {
  const running = await start();
  const of = await ready(running);
  const statement = statementOf(running, of.ada, { kind: "trail.archive", payload: of.payload });
  await approveAs(running, of.bob, statement);
  const request = { kind: "archive", statement, response: of.ada.authenticator.assert(sha256(statement)), manifest: of.manifest } as const;
  const first = await running.client.approve(request, 5000);
  await settled();
  expect(await running.client.approve(request, 5000)).toEqual(first);
  expect(await archive(running, of).catch(codeOf)).toBe("verb.refused");
});

test("exports say what was archived, and an archived generation isn't exported again", async () => {
  const running = await start();
  const of = await ready(running);
  const opened = async (generation?: number): Promise<unknown> => {
    const { checkpoints } = await running.client.sign({ kind: "checkpoint", chains: [CHAIN] }, 2000);
    running.trail.stored.push(...checkpoints.filter(({ size }) => !running.trail.stored.some((each) => each.generation === 2 && each.size === size)));
    const request = { kind: "export" as const, chain: CHAIN, ...(generation !== undefined && { generation }), requestedBy: "svc", requestId: "req" };
    const answer = await running.client.sign(request, 2000).catch(codeOf);
    return typeof answer === "string" || answer === undefined
      ? answer
      : parseStatement(openNote(answer.notes[0] ?? "", (await running.client.status({}, 2000)).checkpointKey.vkey));
  };
  expect(await opened()).toMatchObject({ v: 1, generations: [{ generation: 1 }, { generation: 2 }] });
  expect(await opened(1)).toMatchObject({ v: 2, scope: "generation", archived: [], generations: [{ generation: 1, size: 7 }] });
  expect(await opened(2)).toBe("verb.refused");
  const { manifest, size, root, head } = await archive(running, of);
  await settled();
  expect(await opened()).toMatchObject({ v: 2, scope: "chain", archived: [{ generation: 1, size, root, head, manifest }], generations: [{ generation: 2 }] });
  expect(await opened(1)).toBe("verb.refused");
});

test("generations are archived one after the other", async () => {
  const running = await start();
  const of = await ready(running);
  await closeGeneration(running, of.ada, of.bob);
  running.clock.advance(KEPT_DAYS * DAY_MS);
  const second = manifestOf(running, 2);
  const later = { ...of, manifest: second, payload: await payloadOf(running, 2, second) };
  expect(await archive(running, later).catch(codeOf)).toBe("verb.refused");
  await archive(running, of);
  await settled();
  expect(await archive(running, later)).toMatchObject({ generation: 2, size: 1 });
  await settled();
  expect(await verdicts(running)).toEqual([...whole, { generation: 3, size: 1, broken: null }]);
});

test.each<[string, (running: Running) => void]>([
  ["before the database let go of anything", () => undefined],
  ["after it did, and before the custodian knew", (running) => running.trail.take(running.custodian.store.get("archived", `${CHAIN} 1`) ?? expect.unreachable())],
])("a custodian that ends %s takes it up again when it starts", async (_when, before) => {
  const running = await start();
  const of = await ready(running);
  running.trail.removal = () => {
    before(running);
    return Promise.reject(new Error("killed"));
  };
  await archive(running, of);
  await settled();
  expect(running.custodian.store.get("archived", `${CHAIN} 1`)?.isGone).toBe(false);
  // Whole in between: the records stand there still, or are gone as they should be.
  running.trail.removal = (archived) => Promise.resolve(running.trail.take(archived));
  const again = await running.restart();
  await settled();
  expect([left(again, 1), await verdicts(again), await incidents(again)]).toEqual([[], whole, 0]);
  expect(again.custodian.store.get("archived", `${CHAIN} 1`)?.isGone).toBe(true);
});

test("while the records of an archived generation stand there still, they are verified like any others", async () => {
  const running = await start();
  running.trail.removal = () => Promise.reject(new Error("away"));
  const of = await ready(running);
  await archive(running, of);
  await settled();
  expect(await verdicts(running)).toEqual(whole);
  running.trail.byChain.set(
    CHAIN,
    running.trail.rows(CHAIN).map((row) => (row.generation === 1 && row.seq === 3 ? { ...row, body: row.body.replace("allow", "denys") } : row)),
  );
  expect((await verdicts(running))[0]).toMatchObject({ generation: 1, broken: { seq: 3, kind: "altered" } });
});
