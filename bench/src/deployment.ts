import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Host } from "@sallyport/app-host/host";
import { builtPrograms, type Programs } from "@sallyport/app-host/programs";
import type { Home } from "@sallyport/app-host";
import { assertSafe, migrate, passwordStore } from "@sallyport/db";
import { freePort } from "@sallyport/embedded-postgres";

/** A deployment of its own under the real supervisor, in a folder that is removed at the end. */
export interface BenchDeployment {
  readonly host: Host;
  readonly home: Home;
  readonly apiPort: number;
  /** The database's superuser, for the baselines' own tables. */
  ownerUrl(): string;
  /** Stops every process and removes the folder. */
  remove(): Promise<void>;
}

/** What a measurement replaces of the product. */
export interface Layout {
  readonly seed: "synthetic" | "none";
  readonly programs: Partial<Programs["processes"]>;
  readonly bringSubjects: (home: Home) => Promise<void>;
}

/** Lays a deployment out, nothing started. Postgres is the embedded one with its durable settings. */
export async function layOut({ seed, programs, bringSubjects }: Layout): Promise<BenchDeployment> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  // Where the processes run as users of their own, they pass through it.
  chmodSync(folder, 0o711);
  const [apiPort, consolePort] = [await freePort(), await freePort()];
  const built = builtPrograms();
  let ownerUrl = "";
  const host = new Host({
    settings: {
      home: join(folder, "home"),
      consolePort,
      apiPort,
      custodianPort: null,
      databaseUrl: null,
      seed,
      consoleOrigin: null,
      provider: null,
      anchors: null,
      alerts: null,
      rootKey: {},
      egress: null,
      archiveAfterDays: null,
      standby: false,
    },
    programs: { ...built, processes: { ...built.processes, ...programs } },
    database: {
      assertSafe,
      passwords: passwordStore,
      migrate: (url, options) => {
        ownerUrl = url;
        return migrate(url, options);
      },
    },
    bringSubjects,
    now: Date.now,
    report: (line) => void process.stderr.write(`  ${line}\n`),
  });
  return {
    host,
    home: host.home,
    apiPort,
    ownerUrl: () => ownerUrl,
    async remove() {
      await host.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
