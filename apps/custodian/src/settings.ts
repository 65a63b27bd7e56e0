import { readFileSync, statSync } from "node:fs";
import { SallyportError } from "@sallyport/errors";
import { type RelyingParty, relyingParty } from "@sallyport/passkey";

/** Where the custodian keeps its store, where it listens, and how it reads the trail. */
export interface Settings {
  readonly home: string;
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string;
  /** Of the console, as browsers see it. */
  readonly party: RelyingParty;
}

/**
 * Reads the settings, and the database URL from its file.
 *
 * @throws `setting.invalid`, `secret.missing` or `secret.exposed` with the setting's name, never with a value.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>> = process.env): Settings {
  const home = env["SALLYPORT_CUSTODIAN_HOME"] ?? "";
  if (home === "") throw new SallyportError("setting.invalid", { setting: "SALLYPORT_CUSTODIAN_HOME" });
  const [, host, port] = /^(.{1,253}):([0-9]{1,5})$/.exec(env["SALLYPORT_CUSTODIAN_ADDRESS"] ?? "") ?? [];
  if (host === undefined || Number(port) > 65_535) throw new SallyportError("setting.invalid", { setting: "SALLYPORT_CUSTODIAN_ADDRESS" });
  const party = relyingParty(env["SALLYPORT_CONSOLE_ORIGIN"] ?? "");
  return { home, host, port: Number(port), party, databaseUrl: readSecretFile(env, "SALLYPORT_CUSTODIAN_DATABASE_URL_FILE") };
}

function readSecretFile(env: Readonly<Record<string, string | undefined>>, setting: string): string {
  const path = env[setting] ?? "";
  if (path === "") throw new SallyportError("setting.invalid", { setting });
  let secret: string;
  try {
    if ((statSync(path).mode & 0o077) !== 0) throw new SallyportError("secret.exposed", { setting });
    secret = readFileSync(path, "utf8").trim();
  } catch (error) {
    throw error instanceof SallyportError ? error : new SallyportError("secret.missing", { setting }, error);
  }
  if (secret === "") throw new SallyportError("secret.missing", { setting });
  return secret;
}
