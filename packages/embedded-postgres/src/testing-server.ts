import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, startPostgres } from "./start-postgres.ts";

const PREFIX = "sallyport-test-postgres-";

/** A cluster in a temporary folder. */
export interface TemporaryCluster extends EmbeddedPostgres {
  /** The cluster's folder, for a start after a fault. */
  readonly dataDir: string;
  /** Stops the server and removes the folder. */
  dispose(): Promise<void>;
}

/** Starts a cluster in a temporary folder. Folders that killed test runs left are removed first. */
export async function startTemporary(durable: boolean): Promise<TemporaryCluster> {
  sweep();
  const dataDir = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const server = await startPostgres({ dataDir, durable });
  const dispose = async (): Promise<void> => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  return { ...server, dataDir, dispose };
}

function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1] ?? 0);
    if (pid === 0 || isAlive(pid)) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // Another user's folder is not ours to remove.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
