import { SallyportError } from "@sallyport/errors";
import type { DueShred } from "@sallyport/phi";
import { expect, test } from "vitest";
import { ShredRounds } from "./shred-rounds.ts";

/** Shreds in their order, and a custodian that refuses some of them. */
function dueShreds(count: number, isRefused: (subject: string) => boolean) {
  const all = [...Array(count).keys()].map((n): DueShred => ({ subject: `sub_${n}`, approval: `apr_${n}`, statement: `sub_${n}`, packets: [], atMs: n < 20 ? 1 : n }));
  const done = new Set<string>();
  const [asked, events] = [[] as string[], [] as string[]];
  let nowMs = 0;
  const rounds = new ShredRounds({
    store: {
      due: (limit, after) =>
        Promise.resolve(
          all
            .filter(({ subject }) => !done.has(subject))
            .filter((shred) => after === null || all.indexOf(shred) > all.findIndex(({ subject }) => subject === after.subject))
            .slice(0, limit),
        ),
      carriedOut: (subject) => Promise.resolve(done.size !== done.add(subject).size),
    },
    custodian: {
      shred: ({ statement }) => {
        asked.push(statement);
        return isRefused(statement) ? Promise.reject(new SallyportError("verb.refused")) : Promise.resolve({ at: null });
      },
    },
    now: () => nowMs,
    log: { event: (name, { approval, code }) => events.push(`${name} ${String(approval)} ${String(code)}`) },
  });
  return { rounds, asked, events, done, pass: (ms: number) => (nowMs += ms) };
}

test("shreds that the custodian refuses hold back none that came later, however many they are, and each is told once", async () => {
  const { rounds, done, events } = dueShreds(40, (subject) => Number(subject.slice(4)) < 35);
  await rounds.run();
  expect([...done]).toEqual([35, 36, 37, 38, 39].map((n) => `sub_${n}`));
  await rounds.run();
  expect(events).toEqual([...Array(35).keys()].map((n) => `subject.shred_failed apr_${n} verb.refused`));
});

test("what was refused is asked for again, less and less often, and is done when it is refused no more", async () => {
  let isRefusing = true;
  const { rounds, asked, done, pass } = dueShreds(1, () => isRefusing);
  for (const ms of [0, 499, 1, 999, 1]) {
    pass(ms);
    await rounds.run();
  }
  expect(asked).toHaveLength(3);
  isRefusing = false;
  pass(2000);
  await rounds.run();
  expect([...done]).toEqual(["sub_0"]);
});
