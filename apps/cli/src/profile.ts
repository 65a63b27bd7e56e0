import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { connect, type Connection, SallyportClientError } from "@sallyport/client";
import type { Invocation } from "./command.ts";
import { isRevoked } from "./profile-file.ts";
import { ME, readSession, TERMINAL } from "./session-file.ts";
import { UsageError } from "./usage-error.ts";

const NAME = /^[a-z][a-z0-9-]{0,39}$/;

/** The folder of one local profile; the name can't lead out of the profiles. */
export function profileFolder(home: string, name: string): string {
  if (!NAME.test(name)) throw new UsageError(`${JSON.stringify(name)} is not a profile's name`);
  return join(home, "profiles", name);
}

/** The names of the local profiles, in order; none where nothing was started here yet. */
export function profileNames(home: string): readonly string[] {
  try {
    return readdirSync(join(home, "profiles"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && NAME.test(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

/**
 * Does work over a connection as the profile that `--as` names.
 * @throws UsageError where there is no such profile; SallyportClientError `workload.revoked` where it was revoked.
 */
export async function asProfile<T>({ profile, settings: { home } }: Invocation, work: (connection: Connection) => Promise<T>): Promise<T> {
  const names = profileNames(home);
  const known = names.length === 0 ? `there are none in ${home}: start Sallyport first` : `there are ${names.join(", ")}`;
  if (profile === ME) return await asMe(home, work);
  if (profile === undefined) throw new UsageError(`say who calls with --as PROFILE; ${known}`);
  const folder = profileFolder(home, profile);
  if (!existsSync(folder)) throw new UsageError(`there is no profile ${JSON.stringify(profile)}; ${known}`);
  if (isRevoked(home, profile)) throw new SallyportClientError("workload.revoked");
  const connection = connect({ profile: folder });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

/** As the person who signed in at this terminal. @throws UsageError where nobody has. */
async function asMe<T>(home: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const session = readSession(home);
  if (session === null) throw new UsageError("nobody is signed in here: sallyport login");
  const connection = connect({ profile: profileFolder(home, TERMINAL), session: session.session });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
