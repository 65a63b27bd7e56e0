import { createServer, connect } from "node:net";
import { SallyportError } from "@sallyport/errors";

/**
 * Makes sure that nothing listens on a port, on any address of this machine.
 * @throws SallyportError `port.taken`, or `setting.invalid` where this user may not listen there.
 */
export async function assertPortFree(port: number, setting: string): Promise<void> {
  for (const host of ["::", "0.0.0.0"]) {
    const code = await listenOnce(host, port);
    if (code === "EADDRINUSE") throw new SallyportError("port.taken", { setting, port });
    if (code === "EACCES") throw new SallyportError("setting.invalid", { setting, port, reason: "this user may not listen on this port", remedy: "choose one above 1023" });
  }
}

function listenOnce(host: string, port: number): Promise<string | null> {
  return new Promise((settle) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => settle(error.code ?? "unknown"));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => settle(null)));
  });
}

/**
 * Makes sure that something answers at the database's address.
 * @throws SallyportError `database.unreachable`
 */
export function assertReachable(databaseUrl: string, setting: string, timeoutMs = 3000): Promise<void> {
  const url = new URL(databaseUrl);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port === "" ? 5432 : url.port);
  return new Promise((settle, fail) => {
    const socket = connect({ host, port });
    const end = (reason: string | null): void => {
      clearTimeout(late);
      socket.destroy();
      if (reason === null) settle();
      else fail(new SallyportError("database.unreachable", { setting, port, reason }));
    };
    const late = setTimeout(() => end("no answer"), timeoutMs);
    socket.once("connect", () => end(null));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      end(error.code === "ENOTFOUND" || error.code === "EAI_AGAIN" ? "the host's name is not known" : "nothing answers there"),
    );
  });
}
