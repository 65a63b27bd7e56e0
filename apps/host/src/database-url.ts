import { SallyportError } from "@sallyport/errors";
import type { SecretRule } from "./secret-file.ts";

const LOOPBACK: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

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
  secretRule(decodeURIComponent(url.password), setting, decodeURIComponent(url.username));
  const sslmode = url.searchParams.getAll("sslmode");
  if (!isLoopback(url) && (sslmode.length !== 1 || sslmode[0] !== "verify-full"))
    throw new SallyportError("database.insecure", { setting, reason: "another host is reached without sslmode=verify-full" });
  return value;
}

/** Whether a URL's database is on this machine. */
const isLoopback = (url: URL): boolean => LOOPBACK.includes(url.hostname);
