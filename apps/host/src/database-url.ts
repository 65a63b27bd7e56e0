import { parseDatabaseUrl } from "@sallyport/db";
import { SallyportError } from "@sallyport/errors";
import type { SecretRule } from "./secret-file.ts";

/**
 * Checks an owner's URL by itself: what a connection takes ({@link parseDatabaseUrl}), with a strong password.
 * @returns the URL as it was given.
 * @throws SallyportError `setting.invalid`, `secret.missing`, `secret.weak` or `database.insecure`, by this setting's name.
 */
export function assertDatabaseUrl(value: string, setting: string, secretRule: SecretRule): string {
  const { username, password } = settingsIn(value, setting);
  if (password === "") throw new SallyportError("secret.missing", { setting, reason: "the URL holds no password" });
  secretRule(password, setting, username);
  return value;
}

function settingsIn(value: string, setting: string): ReturnType<typeof parseDatabaseUrl> {
  try {
    return parseDatabaseUrl(value);
  } catch (error) {
    throw error instanceof SallyportError ? new SallyportError(error.code, { ...error.context, setting }, error.cause) : error;
  }
}
