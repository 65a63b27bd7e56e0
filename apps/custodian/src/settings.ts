import { readSecretFile, rootWrapperOf, type RootWrapper } from "@sallyport/custody/roots";
import { SallyportError } from "@sallyport/errors";
import { type RelyingParty, relyingParty } from "@sallyport/passkey";

/** Where the custodian keeps its store, where it listens, and how it reads the trail. */
export interface Settings {
  readonly home: string;
  readonly host: string;
  readonly port: number;
  /** Which holds the URL of the custodian's role. It is replaced when the role's password rotates. */
  readonly databaseUrlFile: string;
  /** Null: the file `root.key` in the home. */
  readonly wrapper: RootWrapper | null;
  /** Of the console, as browsers see it. */
  readonly party: RelyingParty;
  /** Days for which the records of a closed generation stay at hand before they may be archived. */
  readonly archiveAfterDays: number;
  /** Whether it waits where another one has the store, and takes over from that one. */
  readonly standby: boolean;
}

/** Two years: what is looked at most is at hand, and no inspection of a running study needs an archive. */
const ARCHIVE_AFTER_DAYS = 730;

const DATABASE_URL_FILE = "SALLYPORT_CUSTODIAN_DATABASE_URL_FILE";

/** The database URL as it is in its file now. @throws `secret.missing` or `secret.exposed`. */
export const readDatabaseUrl = (file: string): string => readSecretFile(file, DATABASE_URL_FILE);

/**
 * Reads the settings; the database URL's file is looked at.
 *
 * @throws `setting.invalid`, `secret.missing` or `secret.exposed` with the setting's name, never with a value.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>> = process.env): Settings {
  const home = env["SALLYPORT_CUSTODIAN_HOME"] ?? "";
  if (home === "") throw new SallyportError("setting.invalid", { setting: "SALLYPORT_CUSTODIAN_HOME" });
  const [, host, port] = /^(.{1,253}):([0-9]{1,5})$/.exec(env["SALLYPORT_CUSTODIAN_ADDRESS"] ?? "") ?? [];
  if (host === undefined || Number(port) > 65_535) throw new SallyportError("setting.invalid", { setting: "SALLYPORT_CUSTODIAN_ADDRESS" });
  const party = relyingParty(env["SALLYPORT_CONSOLE_ORIGIN"] ?? "");
  const databaseUrlFile = env[DATABASE_URL_FILE] ?? "";
  if (databaseUrlFile === "") throw new SallyportError("setting.invalid", { setting: DATABASE_URL_FILE });
  const days = env["SALLYPORT_ARCHIVE_AFTER_DAYS"] ?? `${ARCHIVE_AFTER_DAYS}`;
  if (!/^[1-9][0-9]{0,4}$/.test(days)) throw new SallyportError("setting.invalid", { setting: "SALLYPORT_ARCHIVE_AFTER_DAYS" });
  const standby = env["SALLYPORT_STANDBY"] ?? "off";
  if (standby !== "on" && standby !== "off") throw new SallyportError("setting.invalid", { setting: "SALLYPORT_STANDBY" });
  readDatabaseUrl(databaseUrlFile);
  return { home, host, port: Number(port), archiveAfterDays: Number(days), party, wrapper: rootWrapperOf(env), databaseUrlFile, standby: standby === "on" };
}
