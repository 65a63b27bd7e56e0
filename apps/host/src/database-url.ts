import { readFileSync } from "node:fs";
import { SallyportError } from "@sallyport/errors";
import type { SecretRule } from "./secret-file.ts";

const LOOPBACK: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];
/** What a URL may carry beside the login; anything else would reach the server as a setting of the session. */
const PARAMETERS: readonly string[] = ["sslmode", "sslrootcert"];
const SSL_MODES: readonly string[] = ["disable", "verify-full"];

/**
 * Checks an owner's URL by itself: a PostgreSQL, with a user, a strong password and a database, on loopback or with
 * `sslmode=verify-full`.
 * @returns the URL as it was given.
 * @throws SallyportError `setting.invalid`, `secret.missing`, `secret.weak` or `database.insecure`
 */
export function assertDatabaseUrl(value: string, setting: string, secretRule: SecretRule): string {
  const invalid = (reason: string): SallyportError => new SallyportError("setting.invalid", { setting, reason });
  if (!URL.canParse(value)) throw invalid("is not a URL");
  const url = new URL(value);
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") throw invalid("does not begin with postgres://");
  if (url.hostname === "") throw invalid("names no host");
  if (url.pathname.length < 2) throw invalid("names no database");
  if (url.username === "") throw invalid("names no user");
  if (url.password === "") throw new SallyportError("secret.missing", { setting, reason: "the URL holds no password" });
  const { user, password } = loginOf(url, setting);
  secretRule(password, setting, user);
  for (const name of url.searchParams.keys()) if (!PARAMETERS.includes(name)) throw invalid("has a parameter other than sslmode and sslrootcert");
  const sslmode = url.searchParams.getAll("sslmode");
  if (!isLoopback(url) && (sslmode.length !== 1 || sslmode[0] !== "verify-full"))
    throw new SallyportError("database.insecure", { setting, reason: "another host is reached without sslmode=verify-full" });
  if (sslmode.length > 1 || !SSL_MODES.includes(sslmode[0] ?? "disable")) throw invalid("has an sslmode other than disable and verify-full");
  for (const file of url.searchParams.getAll("sslrootcert")) if (!isReadable(file)) throw invalid("names an sslrootcert that can't be read");
  return value;
}

/** The login as it is spelled on the wire. */
function loginOf(url: URL, setting: string): { readonly user: string; readonly password: string } {
  try {
    decodeURIComponent(url.pathname);
    return { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  } catch {
    throw new SallyportError("setting.invalid", { setting, reason: "holds a % that is no escape; write it as %25" });
  }
}

function isReadable(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

/** Whether a URL's database is on this machine. */
const isLoopback = (url: URL): boolean => LOOPBACK.includes(url.hostname);
