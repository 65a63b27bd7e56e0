import { randomBytes } from "node:crypto";
import { SallyportError } from "@sallyport/errors";
import { Connection } from "./connection.ts";
import { parseDatabaseUrl } from "./connection-settings.ts";
import { scramVerifier } from "./scram-verifier.ts";

/** URLs of the roles of the processes that have one. */
export interface RoleUrls {
  readonly apiUrl: string;
  readonly custodianUrl: string;
}

/** The processes with a role in the database. */
export const DATABASE_PROCESSES = ["api", "custodian"] as const;
export type DatabaseProcess = (typeof DATABASE_PROCESSES)[number];

/** How long statements may take. The custodian's are full scans of the trail. */
const TIMEOUTS: Readonly<Record<DatabaseProcess, { readonly statement: string; readonly lock: string }>> = {
  api: { statement: "5s", lock: "1500ms" },
  custodian: { statement: "15min", lock: "5s" },
};

/** The role that rights are granted to and row security is written for. It never logs in. */
export const roleOf = (process: DatabaseProcess): string => `sallyport_${process}`;

/** A role's two logins, of which one is open at a time and both while a password rotates: each session acts as the role from its first statement on. */
const loginsOf = (process: DatabaseProcess): readonly [string, string] => [`${roleOf(process)}_a`, `${roleOf(process)}_b`];

/** The login of a generation of passwords, the first being 1: they take turns. */
export const loginOf = (process: DatabaseProcess, generation: number): string => loginsOf(process)[(generation + 1) % 2] as string;

/** All that a process might log in as, and may have in an earlier version: its logins, and its role. */
export const allLogins = (process: DatabaseProcess): readonly string[] => [...loginsOf(process), roleOf(process)];

/** Makes the roles that are missing; what they may do is the migrations' business. `sallyport_owner` owns everything and never logs in. */
export async function ensureRoles(connection: Connection): Promise<void> {
  await createRole(connection, "sallyport_owner");
  for (const process of DATABASE_PROCESSES) for (const name of [roleOf(process), ...loginsOf(process)]) await createRole(connection, name);
  // For an administrator who is no superuser: migrations act as the owner, which whoever made a role is allowed to grant, and isn't by itself.
  await connection.simple(`DO $$ BEGIN
    IF NOT pg_has_role(current_user, 'sallyport_owner', 'SET') THEN EXECUTE format('GRANT sallyport_owner TO %I', current_user); END IF;
  END $$`);
  for (const process of DATABASE_PROCESSES) for (const login of loginsOf(process)) await joinRole(connection, process, login);
}

/**
 * Takes from PUBLIC, in this database, what any role could otherwise use to get round the others: temporary tables (they
 * shadow real ones), objects in `public`, the connection itself. A copy made from a template has these rights again.
 */
export async function restrictDatabase(connection: Connection): Promise<void> {
  await connection.simple(`DO $$ BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO ${DATABASE_PROCESSES.flatMap(allLogins).join(", ")}', current_database());
    EXECUTE format('GRANT CREATE ON DATABASE %I TO sallyport_owner', current_database());
  END $$;
  REVOKE ALL ON SCHEMA public FROM PUBLIC`);
}

/**
 * Lets the first login of each role in, with a new password, and returns the URLs. Each call makes the previous URLs'
 * passwords invalid; connections that are open stay. For a database that nothing uses yet; one in use rotates (password-store.ts).
 *
 * @param ownerUrl - An administrator's URL; host, port, database and TLS parameters are taken over.
 * @throws SallyportError `database.unreachable`, `database.insecure`, `setting.invalid`.
 */
export async function provisionRoles(ownerUrl: string, random: (bytes: number) => Buffer = randomBytes): Promise<RoleUrls> {
  const connection = new Connection(parseDatabaseUrl(ownerUrl), "sallyport-roles", 10_000);
  try {
    const urlOf = async (process: DatabaseProcess): Promise<string> => {
      const password = random(32).toString("base64url");
      await letIn(connection, process, 1, password);
      return withLogin(ownerUrl, loginOf(process, 1), password);
    };
    return { apiUrl: await urlOf("api"), custodianUrl: await urlOf("custodian") };
  } catch (error) {
    throw asUnreachable(error);
  } finally {
    await connection.close();
  }
}

/** Gives the login of a generation a password and lets it in. */
export async function letIn(connection: Connection, process: DatabaseProcess, generation: number, password: string): Promise<void> {
  const login = loginOf(process, generation);
  const { statement, lock } = TIMEOUTS[process];
  await repeated(() =>
    // An administrator who is no superuser may not even name these rights; where a login has come to have one, only a superuser can take it away.
    connection.simple(`
    DO $$ BEGIN
      IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '${login}' AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolinherit)) THEN
        ALTER ROLE ${login} NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT;
      END IF;
    END $$;
    ALTER ROLE ${login} LOGIN PASSWORD '${scramVerifier(password)}';
    ALTER ROLE ${login} SET role = '${roleOf(process)}';
    ALTER ROLE ${login} SET search_path = pg_catalog;
    ALTER ROLE ${login} SET synchronous_commit = 'on';
    ALTER ROLE ${login} SET statement_timeout = '${statement}';
    ALTER ROLE ${login} SET lock_timeout = '${lock}';
    ALTER ROLE ${login} SET idle_in_transaction_session_timeout = '10s'`),
  );
}

/** Shuts a login: it has no password any more, and no new session. Those that are open stay. */
export const shutOut = (connection: Connection, login: string): Promise<void> => repeated(() => connection.simple(`ALTER ROLE ${login} NOLOGIN PASSWORD NULL`));

/** An administrator's connection that fails at start has a name of its own for operators. */
export const asUnreachable = (error: unknown): unknown =>
  error instanceof SallyportError && error.code === "service.unavailable" ? new SallyportError("database.unreachable", error.context) : error;

/** The same URL with another login in it. */
export function withLogin(url: string, login: string, password: string): string {
  const changed = new URL(url);
  changed.username = login;
  changed.password = password;
  return changed.href;
}

async function createRole(connection: Connection, role: string): Promise<void> {
  await repeated(() =>
    connection.simple(`DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '${role}') THEN CREATE ROLE ${role} NOLOGIN NOINHERIT; END IF;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
  END $$`),
  );
}

/** A login may act as its role and has no right by itself; an administrator who is no superuser may end its sessions. */
async function joinRole(connection: Connection, process: DatabaseProcess, login: string): Promise<void> {
  await repeated(() =>
    connection.simple(`DO $$ BEGIN
    IF NOT pg_has_role('${login}', '${roleOf(process)}', 'MEMBER') THEN GRANT ${roleOf(process)} TO ${login}; END IF;
    IF NOT pg_has_role(current_user, '${login}', 'USAGE') THEN EXECUTE format('GRANT ${login}, ${roleOf(process)} TO %I', current_user); END IF;
  END $$`),
  );
}

/** Roles belong to the whole cluster, so two databases that are set up together meet here ("tuple concurrently updated"). */
async function repeated(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (attempt === 5 || !(error instanceof SallyportError) || error.context["sqlstate"] !== "XX000") throw error;
    }
  }
}
