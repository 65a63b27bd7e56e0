import { SallyportError } from "@sallyport/errors";
import { Connection } from "./connection.ts";
import { parseDatabaseUrl } from "./connection-settings.ts";
import type { Database } from "./database.ts";
import { type Migration, readMigrations } from "./migration-files.ts";
import { asUnreachable, ensureRoles, restrictDatabase } from "./roles.ts";

export interface MigrateOptions {
  /** The deployment that this database must belong to; an empty one is taken into possession. */
  readonly deployment: string;
  /** Told of each migration that was applied, by its name. */
  readonly log?: (applied: string) => void;
  /** Other migrations than this version's; for tests. */
  readonly migrations?: readonly Migration[];
}

/** The lock that keeps two migrators of one database apart; any number does, as long as it stays. */
const LOCK = "495623171193";

interface AppliedRow {
  readonly version: number;
  readonly sha256: string;
}

/**
 * Brings a database to this version's schema: roles first, then each missing migration in a transaction of its own, under
 * an advisory lock. Killed at any statement, the next run goes on where it stopped.
 *
 * @param ownerUrl - The URL of a superuser, or of an administrator with CREATEROLE who owns the database.
 * @throws SallyportError `database.foreign` (another deployment's), `database.newer`, `database.altered` (a migration that
 *   was applied reads differently here), `database.unreachable`, `database.insecure`, `setting.invalid`.
 */
export async function migrate(ownerUrl: string, options: MigrateOptions): Promise<void> {
  const { deployment, log = () => undefined, migrations = readMigrations() } = options;
  const connection = new Connection(parseDatabaseUrl(ownerUrl), "sallyport-migrate", 10 * 60_000);
  try {
    await connection.simple("SET search_path = pg_catalog; SET lock_timeout = '60s'");
    await connection.simple(`SELECT pg_advisory_lock(${LOCK})`);
    await ensureRoles(connection);
    await assertOurs(connection, deployment);
    await restrictDatabase(connection);
    await connection.simple(`BEGIN; ${BOOTSTRAP}; COMMIT`);
    await connection.statement`INSERT INTO boundary.deployment (id) VALUES (${deployment}) ON CONFLICT DO NOTHING`;
    const applied = await connection.statement<AppliedRow>`SELECT version, sha256 FROM boundary.migrations ORDER BY version`;
    assertKnown(applied, migrations);
    for (const migration of migrations.slice(applied.length)) {
      await apply(connection, migration);
      log(migration.name);
    }
  } catch (error) {
    throw asUnreachable(error);
  } finally {
    await connection.close();
  }
}

/**
 * Refuses to work on a database whose schema or owner is another. For each process at its start, with its own role.
 *
 * @throws SallyportError `database.foreign`, `database.newer`, `database.altered`, `database.unreachable`.
 */
export async function assertSchema(database: Database, deployment: string): Promise<void> {
  try {
    const [owner] = await database.run<{ id: string }>`SELECT id FROM boundary.deployment`;
    if (owner?.id !== deployment) throw new SallyportError("database.foreign");
    const applied = await database.run<AppliedRow>`SELECT version, sha256 FROM boundary.migrations ORDER BY version`;
    const migrations = readMigrations();
    assertKnown(applied, migrations);
    if (applied.length < migrations.length) throw new SallyportError("database.altered", { migration: migrations[applied.length]?.name ?? "-" });
  } catch (error) {
    throw asUnreachable(error);
  }
}

const BOOTSTRAP = `
  CREATE SCHEMA IF NOT EXISTS boundary AUTHORIZATION sallyport_owner;
  SET LOCAL ROLE sallyport_owner;
  CREATE TABLE IF NOT EXISTS boundary.deployment (single boolean PRIMARY KEY DEFAULT true CHECK (single), id text NOT NULL);
  CREATE TABLE IF NOT EXISTS boundary.migrations (
    version integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;

/** Before anything is changed in it. */
async function assertOurs(connection: Connection, deployment: string): Promise<void> {
  const [table] = await connection.statement<{ found: boolean }>`SELECT to_regclass('boundary.deployment') IS NOT NULL AS found`;
  if (table?.found !== true) return;
  const [owner] = await connection.statement<{ id: string }>`SELECT id FROM boundary.deployment`;
  if (owner !== undefined && owner.id !== deployment) throw new SallyportError("database.foreign");
}

function assertKnown(applied: readonly AppliedRow[], migrations: readonly Migration[]): void {
  const last = applied.at(-1)?.version ?? 0;
  if (last > migrations.length) throw new SallyportError("database.newer", { schema: last, known: migrations.length });
  for (const [index, { version, sha256 }] of applied.entries()) {
    const known = migrations[index];
    if (known?.version !== version || known.sha256 !== sha256) throw new SallyportError("database.altered", { migration: known?.name ?? version });
  }
}

async function apply(connection: Connection, migration: Migration): Promise<void> {
  await connection.simple(`BEGIN; SET LOCAL ROLE sallyport_owner; SET LOCAL synchronous_commit = 'on'; ${migration.sql};
    INSERT INTO boundary.migrations (version, name, sha256) VALUES (${migration.version}, '${migration.name}', '${migration.sha256}');
    COMMIT`);
}
