import { randomBytes } from "node:crypto";
import { SallyportError } from "@sallyport/errors";
import { Connection } from "./connection.ts";
import { parseDatabaseUrl } from "./connection-settings.ts";
import { scramVerifier } from "./scram-verifier.ts";

/** URLs of the roles that log in, one a process. */
export interface RoleUrls {
  readonly apiUrl: string;
  readonly custodianUrl: string;
}

/** The roles with a password, and how long their statements may take. The custodian's are full scans of the trail. */
const LOGINS = [
  { role: "sallyport_api", statementTimeout: "5s", lockTimeout: "1500ms" },
  { role: "sallyport_custodian", statementTimeout: "15min", lockTimeout: "5s" },
] as const;

/** Makes the roles that are missing; what they may do is the migrations' business. `sallyport_owner` owns everything and never logs in. */
export async function ensureRoles(connection: Connection): Promise<void> {
  await createRole(connection, "sallyport_owner", "NOLOGIN");
  for (const { role } of LOGINS) await createRole(connection, role, "NOLOGIN");
  // For an administrator who is no superuser: migrations act as the owner.
  await connection.simple(`DO $$ BEGIN
    IF NOT pg_has_role(current_user, 'sallyport_owner', 'MEMBER') THEN EXECUTE format('GRANT sallyport_owner TO %I', current_user); END IF;
  END $$`);
}

/**
 * Takes from PUBLIC, in this database, what any role could otherwise use to get round the others: temporary tables (they
 * shadow real ones), objects in `public`, the connection itself. A copy made from a template has these rights again.
 */
export async function restrictDatabase(connection: Connection): Promise<void> {
  await connection.simple(`DO $$ BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO sallyport_api, sallyport_custodian', current_database());
    EXECUTE format('GRANT CREATE ON DATABASE %I TO sallyport_owner', current_database());
  END $$;
  REVOKE ALL ON SCHEMA public FROM PUBLIC`);
}

/**
 * Lets the roles log in, with new passwords, and returns their URLs. Each call makes the previous URLs' passwords
 * invalid; connections that are open stay.
 *
 * @param ownerUrl - An administrator's URL; host, port, database and TLS parameters are taken over.
 * @throws SallyportError `database.unreachable`, `database.insecure`, `setting.invalid`.
 */
export async function provisionRoles(ownerUrl: string, random: (bytes: number) => Buffer = randomBytes): Promise<RoleUrls> {
  const connection = new Connection(parseDatabaseUrl(ownerUrl), "sallyport-roles", 10_000);
  try {
    const urls: Record<string, string> = {};
    for (const { role, statementTimeout, lockTimeout } of LOGINS) {
      const password = random(32).toString("base64url");
      await repeated(() =>
        connection.simple(`
        ALTER ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD '${scramVerifier(password)}';
        ALTER ROLE ${role} SET search_path = pg_catalog;
        ALTER ROLE ${role} SET synchronous_commit = 'on';
        ALTER ROLE ${role} SET statement_timeout = '${statementTimeout}';
        ALTER ROLE ${role} SET lock_timeout = '${lockTimeout}';
        ALTER ROLE ${role} SET idle_in_transaction_session_timeout = '10s'`),
      );
      urls[role] = withLogin(ownerUrl, role, password);
    }
    return { apiUrl: urls["sallyport_api"] ?? "", custodianUrl: urls["sallyport_custodian"] ?? "" };
  } catch (error) {
    throw asUnreachable(error);
  } finally {
    await connection.close();
  }
}

/** An administrator's connection that fails at start has a name of its own for operators. */
export const asUnreachable = (error: unknown): unknown =>
  error instanceof SallyportError && error.code === "service.unavailable" ? new SallyportError("database.unreachable", error.context) : error;

async function createRole(connection: Connection, role: string, attributes: string): Promise<void> {
  await repeated(() =>
    connection.simple(`DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '${role}') THEN CREATE ROLE ${role} ${attributes}; END IF;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
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

function withLogin(url: string, role: string, password: string): string {
  const changed = new URL(url);
  changed.username = role;
  changed.password = password;
  return changed.href;
}
