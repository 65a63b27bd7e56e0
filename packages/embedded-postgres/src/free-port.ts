import { createServer } from "node:net";

/** Whether nothing listens on a loopback port now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const probe = createServer();
    probe.once("error", () => settle(false));
    probe.listen({ host: "127.0.0.1", port, exclusive: true }, () => probe.close(() => settle(true)));
  });
}

/** A loopback port that nothing listens on now; another program may still be faster. */
export function freePort(): Promise<number> {
  return new Promise((settle, fail) => {
    const probe = createServer();
    probe.once("error", fail);
    probe.listen({ host: "127.0.0.1", port: 0, exclusive: true }, () => {
      const address = probe.address();
      probe.close(() => settle(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
