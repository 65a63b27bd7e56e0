import { randomBytes } from "node:crypto";
import { SallyportError } from "@sallyport/errors";
import { Connection } from "./connection.ts";
import { parseDatabaseUrl } from "./connection-settings.ts";
import { otherLogins, type PasswordStep, readHolders, readPasswordSteps } from "./password-steps.ts";
import { asUnreachable, type DatabaseProcess, letIn, loginOf, roleOf, shutOut, withLogin } from "./roles.ts";

/** The processes' passwords in the database, over an administrator's connection. @throws SallyportError `database.unreachable`. */
export interface PasswordStore {
  /** In the order of generations. */
  steps(): Promise<readonly PasswordStep[]>;
  /** Notes a step once; what is there already stays as it is. */
  note(step: Omit<PasswordStep, "atMs">): Promise<void>;
  /** Gives a process's login of this generation a new password and lets it in; answers the process's URL. */
  renew(process: DatabaseProcess, generation: number): Promise<string>;
  /** This URL as it is where the database is now, where it is of the process's login of this generation and opens it as its role; null otherwise. */
  opened(process: DatabaseProcess, generation: number, url: string): Promise<string | null>;
  /** The programs that have sessions by another login than this generation's, by name. */
  holders(generation: number): Promise<readonly string[]>;
  /** Shuts every login but this generation's, and ends the sessions that are left by them; answers how many. */
  shutOthers(generation: number): Promise<number>;
}

const DEADLINE_MS = 10_000;
const ENDING_MS = 100;
const ENDINGS_MAX = 50;

/** @param ownerUrl - An administrator's URL; host, port, database and TLS parameters of the answered URLs are its own. */
export function passwordStore(ownerUrl: string): PasswordStore {
  const asOwner = async <T>(work: (connection: Connection) => Promise<T>): Promise<T> => {
    const connection = new Connection(parseDatabaseUrl(ownerUrl), "sallyport-passwords", DEADLINE_MS);
    try {
      await connection.simple("SET search_path = pg_catalog; SET synchronous_commit = 'on'");
      return await work(connection);
    } catch (error) {
      throw asUnreachable(error);
    } finally {
      await connection.close();
    }
  };
  return {
    steps: () => asOwner((connection) => readPasswordSteps(connection.statement)),
    note: ({ generation, step, cause, ended }) =>
      asOwner(async (connection) => {
        await connection.statement`INSERT INTO boundary.password_steps (generation, step, cause, ended)
          VALUES (${generation}, ${step}, ${cause}, ${ended}) ON CONFLICT DO NOTHING`;
      }),
    renew: (process, generation) =>
      asOwner(async (connection) => {
        const password = randomBytes(32).toString("base64url");
        await letIn(connection, process, generation, password);
        return withLogin(ownerUrl, loginOf(process, generation), password);
      }),
    async opened(process, generation, url) {
      const login = loginOf(process, generation);
      const { username, password } = parseDatabaseUrl(url);
      if (username !== login) return null;
      const current = withLogin(ownerUrl, login, password);
      return (await opensAs(current, roleOf(process))) ? current : null;
    },
    holders: (generation) => asOwner((connection) => readHolders(connection.statement, generation)),
    shutOthers: (generation) =>
      asOwner(async (connection) => {
        const others = otherLogins(generation);
        for (const login of others) await shutOut(connection, login);
        // A session that was being opened meanwhile is met at the next look.
        const ended = new Set<number>();
        for (let look = 0; look < ENDINGS_MAX; look += 1) {
          // CASE: of two conditions the planner is free to take the second first, and would end sessions before it looks whose they are.
          const rows = await connection.statement<{ pid: number }>`SELECT pid FROM (
              SELECT pid, CASE WHEN usename = ANY (string_to_array(${others.join("\n")}, E'\n')) THEN pg_catalog.pg_terminate_backend(pid) END AS is_ended
              FROM pg_catalog.pg_stat_activity) s WHERE is_ended IS NOT NULL`;
          if (rows.length === 0) return ended.size;
          for (const { pid } of rows) ended.add(pid);
          await new Promise((resolve) => setTimeout(resolve, ENDING_MS));
        }
        throw new SallyportError("database.unreachable", { step: "sessions of a password that ended" });
      }),
  };
}

/** By a connection of its own, which no process has. */
async function opensAs(url: string, role: string): Promise<boolean> {
  const connection = new Connection(parseDatabaseUrl(url), "sallyport-passwords", DEADLINE_MS);
  try {
    const [row] = await connection.statement<{ role: string }>`SELECT current_user AS role`;
    return row?.role === role;
  } catch (error) {
    const state = error instanceof SallyportError ? error.context["sqlstate"] : undefined;
    // Invalid authorization (class 28), or no right to connect: another password or login. Anything else says nothing of it.
    if (typeof state === "string" && /^(?:28...|42501)$/.test(state)) return false;
    throw asUnreachable(error);
  } finally {
    await connection.close();
  }
}
