import { readFileSync, statSync } from "node:fs";
import { SallyportError } from "@sallyport/errors";

/** What the api process is told by whoever starts it. Nothing here is a secret; secrets are in the files that it names. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly databaseUrl: string;
  readonly identityDir: string;
  readonly trustDomain: string;
  /** The console as browsers reach it; `http://localhost:3000` unless set. */
  readonly consoleOrigin: string;
  readonly custodian: { readonly host: string; readonly port: number };
}

type Environment = Readonly<Record<string, string | undefined>>;

function required(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value === "") throw new SallyportError("setting.invalid", { setting: name, why: "missing" });
  return value;
}

function portOf(text: string, name: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) throw new SallyportError("setting.invalid", { setting: name, why: "not a port" });
  return port;
}

function secretIn(path: string, setting: string): string {
  if ((statSync(path).mode & 0o077) !== 0) throw new SallyportError("secret.exposed", { setting });
  return readFileSync(path, "utf8").trim();
}

/** Reads and checks the settings; each failure names the setting, never a value. */
export function readSettings(env: Environment = process.env): Settings {
  if (env["NODE_ENV"] !== "production") throw new SallyportError("setting.invalid", { setting: "NODE_ENV", why: "must be production" });
  const [host = "", port = ""] = required(env, "SALLYPORT_CUSTODIAN_ADDRESS").split(":");
  return {
    port: portOf(required(env, "SALLYPORT_API_PORT"), "SALLYPORT_API_PORT"),
    host: env["SALLYPORT_API_HOST"] ?? "localhost",
    databaseUrl: secretIn(required(env, "SALLYPORT_API_DATABASE_URL_FILE"), "SALLYPORT_API_DATABASE_URL_FILE"),
    identityDir: required(env, "SALLYPORT_IDENTITY_DIR"),
    trustDomain: required(env, "SALLYPORT_TRUST_DOMAIN"),
    consoleOrigin: env["SALLYPORT_CONSOLE_ORIGIN"] ?? "http://localhost:3000",
    custodian: { host, port: portOf(port, "SALLYPORT_CUSTODIAN_ADDRESS") },
  };
}
