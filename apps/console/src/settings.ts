import { readFileSync, statSync } from "node:fs";
import { SallyportError } from "@sallyport/errors";

/** The certificate with which the console faces browsers; without one it listens on loopback only. */
export interface ConsoleTls {
  readonly certPem: string;
  readonly keyPem: string;
}

/** What the console process is told by whoever starts it. */
export interface Settings {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  readonly apiUrl: URL;
  readonly identityDir: string;
  readonly trustDomain: string;
  readonly tls: ConsoleTls | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

const LOOPBACK = new Set(["localhost", "127.0.0.1", "::1"]);

const invalid = (setting: string, why: string) => new SallyportError("setting.invalid", { setting, why });

function required(env: Environment, setting: string): string {
  const value = env[setting] ?? "";
  if (value === "") throw invalid(setting, "missing");
  return value;
}

function portOf(env: Environment, setting: string): number {
  const text = required(env, setting);
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw invalid(setting, "not a port");
  return Number(text);
}

function apiUrlOf(env: Environment): URL {
  const setting = "SALLYPORT_API_URL";
  const text = required(env, setting);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== "https:") throw invalid(setting, "not an https URL");
  if (url.username !== "" || url.password !== "" || url.pathname !== "/" || url.search !== "" || url.hash !== "") throw invalid(setting, "more than an origin");
  return url;
}

function fileOf(env: Environment, setting: string, isSecret: boolean): string | null {
  const path = env[setting] ?? "";
  if (path === "") return null;
  try {
    if (isSecret && (statSync(path).mode & 0o077) !== 0) throw new SallyportError("secret.exposed", { setting });
    return readFileSync(path, "utf8");
  } catch (error) {
    throw error instanceof SallyportError ? error : new SallyportError("secret.missing", { setting }, error);
  }
}

function tlsOf(env: Environment): ConsoleTls | null {
  const certPem = fileOf(env, "SALLYPORT_CONSOLE_TLS_CERT_FILE", false);
  const keyPem = fileOf(env, "SALLYPORT_CONSOLE_TLS_KEY_FILE", true);
  if (certPem === null && keyPem === null) return null;
  if (certPem === null) throw invalid("SALLYPORT_CONSOLE_TLS_CERT_FILE", "missing beside the key");
  if (keyPem === null) throw invalid("SALLYPORT_CONSOLE_TLS_KEY_FILE", "missing beside the certificate");
  return { certPem, keyPem };
}

/**
 * Reads and checks the settings. Without a certificate the console refuses to listen anywhere but on loopback.
 * @throws SallyportError `setting.invalid`, `secret.missing` or `secret.exposed`, naming the setting, never a value.
 */
export function readSettings(env: Environment = process.env): Settings {
  if (env["NODE_ENV"] !== "production") throw invalid("NODE_ENV", "must be production");
  const host = env["SALLYPORT_CONSOLE_HOST"] ?? "localhost";
  const tls = tlsOf(env);
  if (tls === null && !LOOPBACK.has(host)) throw invalid("SALLYPORT_CONSOLE_HOST", "needs SALLYPORT_CONSOLE_TLS_CERT_FILE and SALLYPORT_CONSOLE_TLS_KEY_FILE beyond loopback");
  return {
    port: portOf(env, "SALLYPORT_CONSOLE_PORT"),
    host,
    apiUrl: apiUrlOf(env),
    identityDir: required(env, "SALLYPORT_IDENTITY_DIR"),
    trustDomain: required(env, "SALLYPORT_TRUST_DOMAIN"),
    tls,
  };
}
