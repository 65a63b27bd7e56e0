import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Where ports are chosen from: below those that systems give to outgoing connections (Linux from 32768, others from 49152). One of those may
 * be taken at any moment, by whoever connects to anything, until it is listened on, and again while its program starts anew.
 */
export const CHOSEN_PORTS = { from: 20_000, to: 32_000 } as const;
const TRIES = 100;

const chosen = new Set<number>();

/** Whether nothing listens on a loopback port now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const probe = createServer();
    probe.once("error", () => settle(false));
    probe.listen({ host: "127.0.0.1", port, exclusive: true }, () => probe.close(() => settle(true)));
  });
}

/** A loopback port that nothing listens on now, never the same twice in one process; where {@link CHOSEN_PORTS} are taken, any one. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const port = randomInt(CHOSEN_PORTS.from, CHOSEN_PORTS.to);
    if (chosen.has(port)) continue;
    chosen.add(port);
    if (await isPortFree(port)) return port;
  }
  return await anyFreePort();
}

function anyFreePort(): Promise<number> {
  return new Promise((settle, fail) => {
    const probe = createServer();
    probe.once("error", fail);
    probe.listen({ host: "127.0.0.1", port: 0, exclusive: true }, () => {
      const address = probe.address();
      probe.close(() => settle(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
