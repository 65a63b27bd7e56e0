import { existsSync } from "node:fs";
import { join } from "node:path";
import { SallyportError } from "@sallyport/errors";
import { knownFounding } from "./deployment.ts";
import type { Home } from "./home.ts";

/** The embedded cluster's own folder. */
export const databaseFolder = (home: Home): string => join(home.postgres, "data");

/**
 * A new database is made only for a home that was not founded yet: an empty one beside an old deployment's keys would hide what is lost.
 * @throws SallyportError `database.unreachable` where this home was founded and its database's folder is missing.
 */
export function assertFoundedDatabase(home: Home): void {
  if (knownFounding(home) === null || existsSync(databaseFolder(home))) return;
  throw new SallyportError("database.unreachable", {
    file: databaseFolder(home),
    reason: "this home was founded before, and the folder of its database is missing",
    remedy: "put the folder back (or set SALLYPORT_DATABASE_URL again, if that is where the database is), or move the whole home away to begin anew",
  });
}
