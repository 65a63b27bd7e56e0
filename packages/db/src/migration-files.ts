import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

/** One migration: a file of plain SQL that is run in one transaction, and never changed once it was released. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

/** Beside `src` and `dist`, so both find it. */
const FOLDER = new URL("../migrations/", import.meta.url);

/** This version's migrations, the first one first. Throws RangeError where their numbers have a gap. */
export function readMigrations(folder: URL = FOLDER): readonly Migration[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  return names.map((name, index) => {
    const sql = readFileSync(new URL(name, folder), "utf8");
    if (Number(name.slice(0, 4)) !== index + 1) throw new RangeError(`${name} is not migration ${index + 1}`);
    return { version: index + 1, name: name.slice(0, -4), sql, sha256: createHash("sha256").update(sql).digest("hex") };
  });
}
