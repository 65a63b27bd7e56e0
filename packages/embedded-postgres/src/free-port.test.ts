import { connect, createServer } from "node:net";
import { once } from "node:events";
import { expect, test } from "vitest";
import { CHOSEN_PORTS, freePort, isPortFree } from "./free-port.ts";

test("a chosen port is none that a connection gets, none twice, and free", async () => {
  const ports: number[] = [];
  for (let n = 0; n < 200; n += 1) ports.push(await freePort());
  expect(new Set(ports).size).toBe(200);
  for (const port of ports) expect(port >= CHOSEN_PORTS.from && port < CHOSEN_PORTS.to).toBe(true);
  const server = createServer().listen(ports[0], "127.0.0.1");
  await once(server, "listening");
  const connection = connect({ host: "127.0.0.1", port: ports[0] ?? 0 });
  await once(connection, "connect");
  expect(connection.localPort).toBeGreaterThanOrEqual(CHOSEN_PORTS.to);
  expect(await isPortFree(ports[0] ?? 0)).toBe(false);
  connection.destroy();
  server.close();
});
