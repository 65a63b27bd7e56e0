import { rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTemporary, type TemporaryCluster } from "./testing-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    sallyportPostgres: string;
  }
}

/**
 * Vitest's global setup: one cluster for the whole run, started when the first test asks for it over a local socket,
 * and gone when the run ends.
 */
export default async function setup(project: { provide(name: "sallyportPostgres", value: string): void }): Promise<() => Promise<void>> {
  const path = join(tmpdir(), `sallyport-test-${process.pid}-${Date.now().toString(36)}.sock`);
  let cluster: Promise<TemporaryCluster> | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    cluster ??= startTemporary(false);
    cluster.then(
      ({ url }) => socket.end(JSON.stringify({ url })),
      (error: Error) => socket.end(JSON.stringify({ error: error.message })),
    );
  });
  await new Promise<void>((settle, fail) => server.once("error", fail).listen(path, settle));
  project.provide("sallyportPostgres", path);
  return async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((settle) => server.close(() => settle()));
    rmSync(path, { force: true });
    await (await cluster)?.dispose();
  };
}
