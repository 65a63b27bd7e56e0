import { expect, test } from "vitest";
import { PolicyRounds, type PolicyRoundDeps } from "./policy-rounds.ts";

/** Changes that are due, and how many of them were settled. */
function dueChanges(isStopped: () => boolean) {
  let due = 2;
  const deps = {
    now: () => 0,
    policyVersions: { isDue: () => Promise.resolve(due > 0) },
    trail: {
      inTransaction: () => {
        due -= 1;
        return Promise.resolve(true);
      },
    },
  } as unknown as PolicyRoundDeps["due"];
  const events: string[] = [];
  return { rounds: new PolicyRounds({ due: deps, log: { event: (name) => events.push(name) }, isStopped }), left: () => due, events };
}

test("what is due takes effect, and while an incident stops changes of roles it waits", async () => {
  let stopped = true;
  const { rounds, left, events } = dueChanges(() => stopped);
  await rounds.run();
  expect(left()).toBe(2);
  stopped = false;
  await rounds.run();
  expect(left()).toBe(0);
  expect(events).toEqual([]);
});

test("an incident that begins between two changes stops the second", async () => {
  const { rounds, left } = dueChanges(() => left() < 2);
  await rounds.run();
  expect(left()).toBe(1);
});
