import { expect, test } from "vitest";
import type { Connection, Statement } from "./connection.ts";
import { Lane } from "./lane.ts";

/** A connection whose statements answer when they are told to, and what ran where. */
function lanes() {
  const ran: string[] = [];
  const answers: (() => void)[] = [];
  const closed: string[] = [];
  let current = 1;
  const names = new Map<Connection, number>();
  const connect = (): Connection => {
    const name = current;
    const statement: Statement = (text) => {
      ran.push(`${name}:${text.join("")}`);
      return new Promise((resolve) => answers.push(() => resolve([])));
    };
    const connection = { isLost: false, statement } as unknown as Connection;
    names.set(connection, name);
    return connection;
  };
  const lane = new Lane({ connect, isStale: (connection) => names.get(connection) !== current, letGo: (connection) => closed.push(String(names.get(connection))) });
  return { lane, ran, closed, move: () => (current += 1), answer: () => answers.shift()?.() };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what runs when the lane moves is answered where it runs, and what comes meanwhile waits and keeps its order", async () => {
  const { lane, ran, closed, move, answer } = lanes();
  const outcomes: string[] = [];
  const run = (name: string) => void lane.statement([name] as unknown as TemplateStringsArray).then(() => outcomes.push(name));
  run("a");
  run("b");
  move();
  run("c");
  run("d");
  await turn();
  expect(ran).toEqual(["1:a", "1:b"]);
  answer();
  await turn();
  expect([ran, closed]).toEqual([["1:a", "1:b"], []]);
  answer();
  // In the moment in which those that wait go on: behind them.
  await Promise.resolve();
  run("e");
  await turn();
  expect([ran, closed]).toEqual([["1:a", "1:b", "2:c", "2:d", "2:e"], ["1"]]);
  for (let each = 0; each < 3; each += 1) answer();
  await turn();
  expect(outcomes).toEqual(["a", "b", "c", "d", "e"]);
});

test("a lane on which nothing runs lets its connection go at once, and only when it has to", async () => {
  const { lane, ran, closed, move, answer } = lanes();
  void lane.statement(["a"] as unknown as TemplateStringsArray);
  answer();
  await turn();
  lane.refresh();
  expect(closed).toEqual([]);
  move();
  lane.refresh();
  expect(closed).toEqual(["1"]);
  void lane.statement(["b"] as unknown as TemplateStringsArray);
  expect(ran).toEqual(["1:a", "2:b"]);
});
