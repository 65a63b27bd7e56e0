import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SallyportError } from "@sallyport/errors";
import { findBinaries } from "./binaries.ts";
import { type Cluster, prepareCluster, SUPERUSER } from "./cluster.ts";
import { freePort, isPortFree } from "./free-port.ts";
import { awaitLeftOver } from "./left-over.ts";
import { type Exit, type Postmaster, startPostmaster } from "./postmaster.ts";
import { chooseRunner } from "./runner.ts";

/** What {@link startPostgres} takes. */
export interface PostgresOptions {
  /** The folder of the cluster; made, with its parents, where it is missing. */
  readonly dataDir: string;
  /** A loopback port. Without it the one of last time is taken, or else a free one. */
  readonly port?: number;
  /** False gives up what survives a crash, for tests' speed. Default true. */
  readonly durable?: boolean;
  /** Gets the server's own lines: no statement, no parameter and no row is ever in them. */
  readonly log?: (line: string) => void;
}

/** A running PostgreSQL that stops when this process ends, however it ends. */
export interface EmbeddedPostgres {
  /** The superuser's URL, password included: hand it to migrations only. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Settles when the server has ended, wanted or not. Start again with the same folder to get the same URL. */
  readonly exited: Promise<Exit>;
  /** Shuts down and waits for it; what is open is rolled back. */
  stop(): Promise<void>;
  /** Sends the server's main process a signal, as a fault would. */
  kill(signal: NodeJS.Signals): void;
}

/**
 * Makes the cluster where there is none, starts it on 127.0.0.1 with SCRAM, and returns once it takes connections.
 * A start after a crash recovers first. As root it runs as another user (see `chooseRunner`).
 *
 * @throws SallyportError `setting.invalid`, `port.taken`, `database.newer`, `secret.missing`, `secret.exposed` or `database.unreachable`.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const folder = resolve(options.dataDir);
  const durable = options.durable ?? true;
  const log = options.log ?? (() => undefined);
  const binaries = findBinaries();
  const runner = chooseRunner(binaries.postgres, folder);
  await awaitLeftOver(join(folder, "data"));
  const cluster = await prepareCluster(folder, binaries, runner, durable);
  for (let attempt = 1; ; attempt++) {
    const port = await choosePort(cluster, options.port);
    const command = [binaries.postgres, "-D", cluster.data, "-p", String(port), ...flags(durable)];
    try {
      const server = await startPostmaster(command, cluster.data, port, runner, log);
      writeFileSync(cluster.portFile, `${port}\n`, { mode: 0o600 });
      return describe(server, cluster, port);
    } catch (error) {
      const again = error instanceof SallyportError && (error.code === "port.taken" ? options.port === undefined : mayPass(error));
      if (!again || attempt === 40) throw error;
      await sleep(250);
    }
  }
}

/** After a SIGKILL the server's children need a moment to notice and let go of the shared memory. */
const mayPass = (error: SallyportError): boolean => /shared memory|lock file/i.test(String(error.context["reason"] ?? ""));

async function choosePort(cluster: Cluster, wanted: number | undefined): Promise<number> {
  if (wanted !== undefined) {
    if (await isPortFree(wanted)) return wanted;
    throw new SallyportError("port.taken", { port: wanted });
  }
  const remembered = existsSync(cluster.portFile) ? Number(readFileSync(cluster.portFile, "utf8")) : 0;
  if (Number.isInteger(remembered) && remembered > 0 && remembered < 65_536 && (await isPortFree(remembered))) return remembered;
  return freePort();
}

function describe(server: Postmaster, cluster: Cluster, port: number): EmbeddedPostgres {
  return {
    url: `postgres://${SUPERUSER}:${cluster.password}@127.0.0.1:${port}/postgres`,
    port,
    pid: server.pid,
    exited: server.exited,
    stop: () => server.stop(),
    kill: (signal) => server.kill(signal),
  };
}

function flags(durable: boolean): string[] {
  const settings: Record<string, string> = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    password_encryption: "scram-sha-256",
    max_connections: "200",
    timezone: "UTC",
    log_timezone: "UTC",
    fsync: durable ? "on" : "off",
    full_page_writes: durable ? "on" : "off",
    synchronous_commit: durable ? "on" : "off",
    data_sync_retry: "off",
    jit: "off",
    cluster_name: "sallyport",
    // A statement, a parameter or a DETAIL line can hold a patient's data; none may reach the log.
    log_checkpoints: "off",
    log_statement: "none",
    log_min_error_statement: "panic",
    log_min_duration_statement: "-1",
    log_parameter_max_length: "0",
    log_parameter_max_length_on_error: "0",
    log_error_verbosity: "terse",
    log_min_messages: "log",
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
