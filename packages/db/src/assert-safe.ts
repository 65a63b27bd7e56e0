import { SallyportError } from "@sallyport/errors";
import { Connection } from "./connection.ts";
import { parseDatabaseUrl } from "./connection-settings.ts";
import { asUnreachable } from "./roles.ts";

/** What a committed record rests on, and the only values with which it survives a crash. */
const DURABLE: Readonly<Record<string, readonly string[]>> = {
  fsync: ["on"],
  full_page_writes: ["on"],
  synchronous_commit: ["on", "remote_apply"],
  data_checksums: ["on"],
  data_sync_retry: ["off"],
};

/**
 * Refuses a database that could lose or silently alter what it acknowledged, or that is reached without a verified
 * connection. For the start of every process that has a database URL.
 *
 * @throws SallyportError `database.insecure` (naming the setting), `database.unreachable`, `setting.invalid`.
 */
export async function assertSafe(url: string): Promise<void> {
  const connection = new Connection(parseDatabaseUrl(url), "sallyport-start", 10_000);
  try {
    const rows = await connection.statement<{ name: string; value: string }>`
      SELECT name, current_setting(name) AS value FROM pg_catalog.pg_settings WHERE name = ANY (string_to_array(${Object.keys(DURABLE).join("\n")}, E'\n'))`;
    for (const [name, accepted] of Object.entries(DURABLE)) {
      const value = rows.find((row) => row.name === name)?.value;
      if (value === undefined || !accepted.includes(value)) throw new SallyportError("database.insecure", { setting: name, value: value ?? "-" });
    }
  } catch (error) {
    throw asUnreachable(error);
  } finally {
    await connection.close();
  }
}
