import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SallyportClientError } from "./client-error.ts";
import { connect, type Connection } from "./connect.ts";
import { testDeployment, type TestDeployment } from "./testing/deployment.ts";
import { listen, type Listener, type Reply, token, wire } from "./testing/listener.ts";

let deployment: TestDeployment;
const opened: (Listener | Connection)[] = [];
beforeEach(() => {
  deployment = testDeployment();
});
afterEach(async () => {
  for (const one of opened.splice(0)) await ("stop" in one ? one.stop() : one.close());
  deployment.remove();
});

async function watching(reply: Reply): Promise<{ connection: Connection; listener: Listener }> {
  const listener = await listen(deployment.apiIdentity(), (request) => (request.path === "/token" ? token() : reply));
  deployment.pointAt(listener.port);
  const connection = connect({ profile: deployment.profile });
  opened.push(listener, connection);
  return { connection, listener };
}

const event = (skipped: number): string => `${JSON.stringify({ event: { items: [], skipped } })}\n`;
const BEAT = '{"beat":true}\n';

/** What a watch yielded until it ended, and the failure that ended it. */
async function taken(connection: Connection, signal?: AbortSignal): Promise<{ skipped: number[]; failure: unknown }> {
  const skipped: number[] = [];
  try {
    for await (const each of connection.watch("crossings.watch", {}, signal === undefined ? {} : { signal })) skipped.push(each.skipped);
  } catch (failure) {
    return { skipped, failure };
  }
  return { skipped, failure: null };
}

test("events come in order, however they are cut on the way, and heartbeats are passed over", async () => {
  const text = `${BEAT}${event(1)}${BEAT}${event(2)}${event(3)}`;
  const pieces = [text.slice(0, 9), text.slice(9, 40), text.slice(40, 41), text.slice(41)];
  const { connection, listener } = await watching({ pieces, after: "end" });
  expect(await taken(connection)).toEqual({ skipped: [1, 2, 3], failure: null });
  expect(listener.to("/trpc/crossings.watch")[0]).toMatchObject({ method: "POST", authorization: expect.stringMatching(/^Bearer token-/), body: "{}" });
});

test("a long event is put together once, in however many parts it comes", async () => {
  const long = `${JSON.stringify({ event: { items: [], skipped: 1, padding: "x".repeat(2 * 1024 * 1024) } })}\n`;
  const pieces = Array.from({ length: Math.ceil(long.length / 16_384) }, (_, at) => long.slice(at * 16_384, (at + 1) * 16_384));
  const { connection } = await watching({ pieces: [...pieces, event(2)], after: "end" });
  const concat = vi.spyOn(Buffer, "concat");
  expect((await taken(connection)).skipped).toEqual([1, 2]);
  const copied = concat.mock.results.reduce((sum, { value }) => sum + (value as Buffer).length, 0);
  concat.mockRestore();
  // The server of this test writes in the same process; were the parts put together as each came, it would be a hundred times the event.
  expect(copied).toBeLessThan(4 * long.length);
});

test("a watch that is cut fails with the code of its last line, after what came before", async () => {
  const error = { pillar: "principal", code: "session.ended", remedy: "Sign in again.", requestId: "req_1" };
  const { connection } = await watching({ pieces: [event(1), `${JSON.stringify({ error })}\n`], after: "end" });
  const { skipped, failure } = await taken(connection);
  expect(skipped).toEqual([1]);
  expect(failure).toBeInstanceOf(SallyportClientError);
  expect(failure).toMatchObject({ code: "session.ended", status: 401, requestId: "req_1" });
});

test("a watch that is refused fails as every call does, and isn't opened twice", async () => {
  const { connection, listener } = await watching(wire(403, "policy.denied"));
  expect(await taken(connection)).toMatchObject({ skipped: [], failure: { code: "policy.denied", status: 403 } });
  expect(listener.to("/trpc/crossings.watch")).toHaveLength(1);
});

test("a connection that breaks off is said to be lost", async () => {
  const { connection } = await watching({ pieces: [event(1)], after: "reset" });
  expect(await taken(connection)).toMatchObject({ skipped: [1], failure: { code: "connection.lost" } });
});

test("whoever leaves the loop, or gives up, ends the watch", async () => {
  const { connection } = await watching({ pieces: [event(1)], after: "silence" });
  for await (const each of connection.watch("crossings.watch", {})) {
    expect(each.skipped).toBe(1);
    break;
  }
  const reason = new Error("enough");
  expect(await taken(connection, AbortSignal.abort(reason))).toEqual({ skipped: [], failure: reason });
});

test("a watch can't be called as a call", async () => {
  const { connection } = await watching({ pieces: [], after: "end" });
  await expect(connection.call("crossings.watch", {})).rejects.toThrow(TypeError);
});
