import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { type AddressInfo } from "node:net";
import { codeOf, SallyportError } from "@sallyport/errors";
import { type Defence, faultTest } from "@sallyport/testkit";
import { afterEach, expect, test } from "vitest";
import { CustodianClient, type CustodianClientOptions } from "./client.ts";
import { joinWrapped, keyCommitment } from "./key-commitment.ts";
import { type FrameHandler, serveFrames } from "./serve-frames.ts";

const context = { purpose: "subject", id: "sub_1", study: "S", site: "701" } as const;
const key = Buffer.alloc(32, 7);
const wrapped = joinWrapped(`sk1.kek-1.${Buffer.alloc(60, 1).toString("base64url")}`, keyCommitment(context, key));
const item = { context, wrapped };
const keyAnswer = (bytes: Buffer, count = 1): string => JSON.stringify(Array.from({ length: count }, () => ({ key: bytes.toString("base64url") })));
const statusAnswer = (name: string): string => JSON.stringify({ deployment: name, marks: [] });

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function custodian(handle: FrameHandler): Promise<{ port: number; sockets: Socket[]; server: Server }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    serveFrames(socket, handle, () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, sockets, server };
}

function clientOf(port: () => number, options: Partial<CustodianClientOptions> = {}): CustodianClient {
  const dial = async (): Promise<Socket> => {
    const socket = connect(port(), "127.0.0.1");
    await once(socket, "connect");
    return socket;
  };
  const client = new CustodianClient({ deployment: "dabc", dial, ...options });
  closing.push(() => client.close());
  return client;
}

async function outcome(work: Promise<unknown>, withinMs: number): Promise<string> {
  const late = new Promise<string>((resolve) => setTimeout(() => resolve("late"), withinMs));
  return Promise.race([work.then(() => "answered", codeOf), late]);
}

const deadlineOf = (defence: Defence): number => (defence === "on" ? 1500 : 60_000);

faultTest("E6", "a custodian that can't be reached ends in keys.unavailable within two seconds", async (defence) => {
  const client = clientOf(() => 0, { dial: () => new Promise(() => undefined) });
  expect(await outcome(client.unwrap([item], deadlineOf(defence)), 2000)).toBe("keys.unavailable");
  expect(await outcome(client.wrap([context], deadlineOf(defence)), 2000)).toBe("keys.unavailable");
});

faultTest("E6", "a custodian that hangs ends in keys.unavailable within two seconds", async (defence) => {
  const { port } = await custodian(() => new Promise(() => undefined));
  const client = clientOf(() => port);
  expect(await outcome(client.unwrap([item], deadlineOf(defence)), 2000)).toBe("keys.unavailable");
});

faultTest("E6", "a key that isn't the one that was wrapped is not handed on", async (defence) => {
  const { port } = await custodian(() => keyAnswer(Buffer.alloc(32, 9)));
  const client = clientOf(() => port, defence === "on" ? {} : { prove: () => undefined });
  expect(await outcome(client.unwrap([item], 1500), 2000)).toBe("keys.unavailable");
});

test.each([
  [
    "a failure of its own",
    () => {
      throw new Error("disk");
    },
  ],
  [
    "a code that isn't for callers",
    () => {
      throw new SallyportError("custodian.store");
    },
  ],
  ["an answer that isn't JSON", () => "<html>502</html>"],
  ["an answer for another number of keys", () => keyAnswer(key, 2)],
] as const)("a custodian that gives %s is one that isn't there", async (_name, handle) => {
  const { port } = await custodian(handle);
  const client = clientOf(() => port);
  expect(await outcome(client.unwrap([item], 1500), 2000)).toBe("keys.unavailable");
});

test("what the custodian refuses reaches the caller under its own code", async () => {
  const { port } = await custodian(() => {
    throw new SallyportError("verb.refused");
  });
  expect(await outcome(clientOf(() => port).sign({ kind: "checkpoint", chains: ["system"] }, 1000), 2000)).toBe("verb.refused");
});

test("a wrapped key that doesn't authenticate fails alone, beside one that does", async () => {
  const { port } = await custodian(() => JSON.stringify([{ code: "phi.integrity" }, { key: key.toString("base64url") }]));
  const client = clientOf(() => port);
  const [bad, good] = await Promise.all([client.unwrap([item], 1000).catch(codeOf), client.unwrap([item], 1000)]);
  expect([bad, good]).toEqual(["phi.integrity", [key]]);
});

test("unwraps of one turn travel in one frame", async () => {
  let frames = 0;
  const { port } = await custodian((_verb, payload) => {
    frames += 1;
    return keyAnswer(key, (JSON.parse(payload.toString()) as unknown[]).length);
  });
  const client = clientOf(() => port);
  await Promise.all(Array.from({ length: 50 }, () => client.unwrap([item], 1000)));
  expect(frames).toBe(1);
});

test("when the connection is lost, every call under way fails at once with its own verb's code", async () => {
  const { port, sockets } = await custodian((verb) => (verb === "status" ? statusAnswer("x") : new Promise(() => undefined)));
  const client = clientOf(() => port);
  await client.status({}, 1000);
  const calls = [
    client.unwrap([item], 60_000),
    client.sign({ kind: "checkpoint", chains: ["system"] }, 60_000),
    client.mint({ sub: "s", scope: "a", azp: "b", x5t: "c" }, 60_000),
  ].map((call) => outcome(call, 1000));
  setTimeout(() => sockets[0]?.destroy(), 50);
  expect(await Promise.all(calls)).toEqual(["keys.unavailable", "trail.unavailable", "service.unavailable"]);
});

test("after a loss the client is connected again, to wherever the custodian is by then", async () => {
  const first = await custodian(() => statusAnswer("first"));
  const second = await custodian(() => statusAnswer("second"));
  let { port } = first;
  const client = clientOf(() => port);
  expect((await client.status({}, 1000)).deployment).toBe("first");
  port = second.port;
  first.sockets[0]?.destroy();
  await expect.poll(() => client.status({}, 1000).then(({ deployment }) => deployment, codeOf), { timeout: 3000 }).toBe("second");
});

test("between attempts a call fails at once, and attempts come ever later", async () => {
  let dials = 0;
  const client = clientOf(() => 0, {
    random: () => 0.999,
    dial: () => {
      dials += 1;
      return Promise.reject(new Error("refused"));
    },
  });
  await new Promise((resolve) => setTimeout(resolve, 900));
  // 50, 100, 200, 400, 800 ms: five at most by now.
  expect(dials).toBeGreaterThanOrEqual(3);
  expect(dials).toBeLessThanOrEqual(5);
  expect(await outcome(client.status({}, 60_000), 100)).toBe("service.unavailable");
});

test("a renewed connection is up before the old one is let go, and no call is lost", async () => {
  let open = 0;
  let most = 0;
  const { port, server } = await custodian(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return statusAnswer("x");
  });
  server.on("connection", (socket) => {
    most = Math.max(most, ++open);
    socket.on("close", () => open--);
  });
  const client = clientOf(() => port, { maxAgeMs: 60 });
  const until = Date.now() + 600;
  const worker = async (): Promise<void> => {
    while (Date.now() < until) expect((await client.status({}, 1000)).deployment).toBe("x");
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  expect(most).toBeGreaterThan(1);
  await expect.poll(() => open).toBeLessThanOrEqual(2);
});

test("a call that can't be said in a record is refused here, and the connection goes on", async () => {
  const { port } = await custodian(() => statusAnswer("x"));
  const client = clientOf(() => port);
  const head = { chain: "system", generation: 1, seq: 0, mac: "0".repeat(64) };
  const draft = {
    chain: "system",
    principal: "é",
    role: "-",
    workload: "-",
    action: "-",
    resource: "-",
    site: "-",
    decision: "note",
    reason: "-",
    request_id: "-",
    policy: "-",
    detail: "-",
  } as const;
  expect(await outcome(client.seal([{ head, drafts: [draft] }], 1000), 500)).toBe("trail.unrepresentable");
  expect((await client.status({}, 1000)).deployment).toBe("x");
});

test("a peer that speaks something else loses its connection, and others don't notice", async () => {
  const { port } = await custodian(() => statusAnswer("x"));
  const client = clientOf(() => port);
  await client.status({}, 1000);
  const stranger = connect(port, "127.0.0.1");
  stranger.write("GET / HTTP/1.1\r\n\r\n");
  await once(stranger, "close");
  expect((await client.status({}, 1000)).deployment).toBe("x");
});
