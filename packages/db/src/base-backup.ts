import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { SallyportError } from "@sallyport/errors";
import { Connection } from "./connection.ts";
import { parseDatabaseUrl } from "./connection-settings.ts";
import { isSqlState } from "./database-failure.ts";

const STATEMENT_MS = 120_000;
const TRIES_MAX = 50;
const PAUSE_MS = 100;

/** What makes copied files a database again. */
export interface BackupEnd<T> {
  /** Belongs into the copy as `backup_label`. */
  readonly label: string;
  /** Names of the first and the last file of `pg_wal` that the copy needs. */
  readonly firstSegment: string;
  readonly lastSegment: string;
  readonly meanwhile: T;
}

/** A backup of the whole server that has begun (PostgreSQL's low-level API): its files may be copied, in any order, while it goes on working. */
export interface BaseBackup {
  /**
   * Ends it: the copy will be the database as it is at this moment. Nothing that stands on record is committed while `meanwhile` runs, so what that copies, and the
   * database, are of one moment. It must take well under a second. What is to be put on record waits for it.
   */
  finish<T>(meanwhile: () => T): Promise<BackupEnd<T>>;
  /** To be called once the segments are copied: until then the server keeps them. */
  close(): Promise<void>;
}

/**
 * Begins one.
 *
 * @param ownerUrl - A superuser's URL.
 * @throws SallyportError `service.unavailable`, `internal`.
 */
export async function beginBaseBackup(ownerUrl: string): Promise<BaseBackup> {
  const settings = parseDatabaseUrl(ownerUrl);
  const open = new Connection(settings, "sallyport-backup", STATEMENT_MS);
  const slot = `sallyport_backup_${randomBytes(6).toString("hex")}`;
  try {
    // It ends with its session, and keeps the segments until then.
    await open.statement`SELECT pg_create_physical_replication_slot(${slot}, true, true)`;
    const [start] = await open.statement<{ segment: string }>`SELECT pg_walfile_name(pg_backup_start('sallyport', true)) AS segment`;
    const firstSegment = start?.segment ?? "";
    return {
      finish: (meanwhile) => whileNothingCommits(ownerUrl, async () => ({ ...(await stop(open, meanwhile)), firstSegment })),
      close: () => open.close(),
    };
  } catch (error) {
    await open.close();
    throw error;
  }
}

async function stop<T>(open: Connection, meanwhile: () => T): Promise<Omit<BackupEnd<T>, "firstSegment">> {
  const done = meanwhile();
  const [end] = await open.statement<{ label: string; spaces: string; segment: string }>`
    SELECT labelfile AS label, spcmapfile AS spaces, pg_walfile_name(lsn) AS segment FROM pg_backup_stop(false)`;
  if (end === undefined || end.spaces.trim() !== "") throw new SallyportError("internal", { reason: "the database has tablespaces of its own" });
  return { label: end.label, lastSegment: end.segment, meanwhile: done };
}

/** Every act that is on record moves a head as the last thing before its commit; a custodian that takes over has its number in its store first, and here then. */
async function whileNothingCommits<T>(ownerUrl: string, work: () => Promise<T>): Promise<T> {
  const holder = new Connection(parseDatabaseUrl(ownerUrl), "sallyport-backup", STATEMENT_MS);
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        // Short, because whoever wants a head waits behind this one.
        await holder.simple("BEGIN; SET LOCAL lock_timeout = '300ms'; LOCK TABLE audit.heads, boundary.custodian_epoch IN EXCLUSIVE MODE");
        break;
      } catch (error) {
        if (attempt === TRIES_MAX || !isSqlState(error, "55P03")) throw error;
        await holder.simple("ROLLBACK");
        await pause(PAUSE_MS);
      }
    }
    const done = await work();
    await holder.simple("COMMIT");
    return done;
  } finally {
    await holder.close();
  }
}
