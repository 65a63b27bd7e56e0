import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { UnfinishedHandshakes } from "./unfinished-handshakes.ts";

/** A socket as far as it is looked at here: an address, a port, and its end. */
function connection(remoteAddress: string, remotePort: number): Socket & { readonly destroyed: boolean } {
  const socket = Object.assign(new EventEmitter(), {
    remoteAddress,
    remotePort,
    destroyed: false,
    destroy() {
      socket.destroyed = true;
      socket.emit("close");
    },
  });
  return socket as unknown as Socket & { readonly destroyed: boolean };
}

test("a flood of connections that prove nothing drops its own oldest, and the newest gets its handshake", () => {
  const handshakes = new UnfinishedHandshakes(3);
  const flood = [1, 2, 3].map((port) => connection("127.0.0.1", port));
  expect(flood.map((socket) => handshakes.begin(socket))).toEqual([false, false, false]);
  const caller = connection("127.0.0.1", 4);
  expect(handshakes.begin(caller)).toBe(true);
  expect([...flood, caller].map(({ destroyed }) => destroyed)).toEqual([true, false, false, false]);
});

test("a finished handshake, and a connection that ended, give their places back", () => {
  const handshakes = new UnfinishedHandshakes(2);
  const [finished, ended] = [connection("10.0.0.1", 1), connection("10.0.0.1", 2)];
  handshakes.begin(finished);
  handshakes.begin(ended);
  handshakes.end("10.0.0.1", 1);
  ended.destroy();
  expect([3, 4].map((port) => handshakes.begin(connection("10.0.0.1", port)))).toEqual([false, false]);
  expect(finished.destroyed).toBe(false);
});

test("one network's flood takes nothing from another, and an IPv6 network counts once", () => {
  const handshakes = new UnfinishedHandshakes(1);
  expect(handshakes.begin(connection("10.0.0.1", 1))).toBe(false);
  expect(handshakes.begin(connection("10.0.0.2", 1))).toBe(false);
  expect(handshakes.begin(connection("2001:db8:1:2:aaaa::1", 1))).toBe(false);
  expect(handshakes.begin(connection("2001:db8:1:2:bbbb::9", 2))).toBe(true);
  expect(handshakes.begin(connection("2001:db8:1:3::1", 3))).toBe(false);
});
