import { once } from "node:events";
import { Agent, request } from "node:https";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import { faultTest } from "@sallyport/testkit";
import { describe, expect, test } from "vitest";
import { Deployment, SERVER } from "../test/deployment.ts";
import { type Door, knock, openDoor } from "../test/door.ts";
import { clientOptions, limitConnectionAge, listenerTimeouts, serverOptions } from "./index.ts";

const deployment = new Deployment();
const server = deployment.server();
const client = deployment.client();
const LIMITS = { handshakeMs: 600, headMs: 600 };
/** What a listener must have closed by: the injected limit, a second for the sweep, and room for a slow machine. */
const CLOSED_WITHIN_MS = 4000;

const doorOf = (defence: "on" | "off") =>
  openDoor({ ...serverOptions(server), ...(defence === "on" ? listenerTimeouts(LIMITS) : { handshakeTimeout: 60_000, headersTimeout: 60_000 }) });

/** Whether the other end closed the socket in time. */
async function closesInTime(socket: Socket): Promise<boolean> {
  socket.on("error", () => undefined);
  if (socket.destroyed) return true;
  socket.resume();
  const closed = once(socket, "close").then(() => true);
  const result = await Promise.race([closed, sleep(CLOSED_WITHIN_MS, false)]);
  socket.destroy();
  return result;
}

function halfOpen(door: Door): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(door.port, "127.0.0.1", () => resolve(socket));
    socket.once("error", reject);
  });
}

describe("connections that want something for nothing", () => {
  test("[M14] plain HTTP to the TLS port is closed and gets no HTTP back", async () => {
    await using door = await doorOf("on");
    const socket = await halfOpen(door);
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
    socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    expect(await closesInTime(socket)).toBe(true);
    expect(answer).not.toContain("HTTP/");
  });

  faultTest(
    "M14",
    "a half-open connection is closed",
    async (defence) => {
      await using door = await doorOf(defence);
      expect(await closesInTime(await halfOpen(door))).toBe(true);
    },
    15_000,
  );

  faultTest(
    "M14",
    "a request whose head trickles is closed",
    async (defence) => {
      await using door = await doorOf(defence);
      const socket = connectTls({ host: "127.0.0.1", port: door.port, servername: "localhost", ...clientOptions(client, SERVER) });
      await once(socket, "secureConnect");
      socket.write("GET / HTTP/1.1\r\n");
      const trickle = setInterval(() => socket.writable && socket.write("x: y\r\n"), 200);
      expect(await closesInTime(socket).finally(() => clearInterval(trickle))).toBe(true);
    },
    15_000,
  );

  faultTest(
    "M14",
    "500 half-open connections are closed, and meanwhile others are served",
    async (defence) => {
      await using door = await doorOf(defence);
      const idle = await Promise.all(Array.from({ length: 500 }, () => halfOpen(door)));
      expect((await knock(door.port, clientOptions(client, SERVER))).outcome).toBe("welcome");
      const closed = await Promise.all(idle.map(closesInTime));
      expect(closed.filter(Boolean)).toHaveLength(500);
    },
    30_000,
  );
});

describe("connections that grow old", () => {
  const agentOf = () => new Agent({ keepAlive: true, maxSockets: 1, ...clientOptions(client, SERVER) });
  const call = (door: Door, agent: Agent) =>
    new Promise<{ port: number | undefined; connection: string | undefined }>((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", servername: "localhost", port: door.port, agent }, (response) => {
        const port = asked.socket?.localPort;
        response.resume().on("end", () => resolve({ port, connection: response.headers.connection }));
      });
      asked.on("error", reject).end();
    });

  test("an idle connection is closed at its age, and the next call makes a new one", async () => {
    await using door = await openDoor(serverOptions(server));
    limitConnectionAge(door.server, 300);
    const agent = agentOf();
    const first = await call(door, agent);
    expect((await call(door, agent)).port).toBe(first.port);
    await sleep(600);
    expect((await call(door, agent)).port).not.toBe(first.port);
    agent.destroy();
  });

  test("a young connection is left alone", async () => {
    await using door = await openDoor(serverOptions(server));
    limitConnectionAge(door.server, 60_000);
    const agent = agentOf();
    const first = await call(door, agent);
    await sleep(600);
    expect((await call(door, agent)).port).toBe(first.port);
    agent.destroy();
  });

  test("an answer in hand is finished before its connection is closed", async () => {
    await using door = await openDoor(serverOptions(server));
    door.server.removeAllListeners("request");
    limitConnectionAge(door.server, 200);
    door.server.on("request", (_request, response) => {
      response.write("a");
      setTimeout(() => response.end("b"), 600);
    });
    const text = await new Promise<string>((resolve, reject) => {
      let body = "";
      const asked = request({ host: "127.0.0.1", servername: "localhost", port: door.port, agent: false, ...clientOptions(client, SERVER) }, (response) => {
        response.on("data", (chunk) => (body += chunk)).on("end", () => resolve(body));
      });
      asked.on("error", reject).end();
    });
    expect(text).toBe("ab");
  });
});
