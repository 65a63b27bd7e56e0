import { rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Something that a whole test run shares. */
export interface MadeOnce {
  /** Where a test asks for it: the path of a local socket. */
  readonly path: string;
  /** Removes what was made, if anything was. */
  close(): Promise<void>;
}

/**
 * For Vitest's global setups: what is made when the first test asks for it, whatever the number of workers, and gone when the run ends.
 * @param name - Part of the socket's name.
 * @param make - Answers what was made and what tests are told of it, as JSON.
 */
export async function madeOnce(name: string, make: () => Promise<{ readonly told: object; dispose(): Promise<void> }>): Promise<MadeOnce> {
  const path = join(tmpdir(), `sallyport-test-${name}-${process.pid}-${Date.now().toString(36)}.sock`);
  let made: ReturnType<typeof make> | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    made ??= make();
    made.then(
      ({ told }) => socket.end(JSON.stringify({ told })),
      (error: Error) => socket.end(JSON.stringify({ error: error.message })),
    );
  });
  await new Promise<void>((settle, fail) => server.once("error", fail).listen(path, settle));
  return {
    path,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((settle) => server.close(() => settle()));
      rmSync(path, { force: true });
      await (await made?.catch(() => undefined))?.dispose();
    },
  };
}

/** Asks for what {@link madeOnce} makes. @throws Error with what it failed of. */
export function askFor<T>(path: string): Promise<T> {
  return new Promise((settle, fail) => {
    let text = "";
    connect(path)
      .setEncoding("utf8")
      .on("data", (part) => (text += String(part)))
      .on("error", fail)
      .on("end", () => {
        const answer = JSON.parse(text) as { told?: T; error?: string };
        if (answer.told === undefined) fail(new Error(answer.error));
        else settle(answer.told);
      });
  });
}
