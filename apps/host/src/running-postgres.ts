import type { EmbeddedPostgres } from "@sallyport/embedded-postgres";
import type { Running } from "./keeper.ts";

/** The embedded database as a keeper keeps it. */
export function asRunning(server: EmbeddedPostgres): Running {
  return {
    pid: server.pid,
    ended: server.exited.then(({ code, signal }) => signal ?? (code === null ? "gone" : code > 128 ? `signal ${code - 128}` : `exit ${code}`)),
    stop: () => server.stop(),
    kill: () => server.kill("SIGQUIT"),
  };
}
