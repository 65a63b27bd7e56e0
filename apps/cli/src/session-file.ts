import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SallyportClientError, type TerminalSession } from "@sallyport/client";

/** What `--as` takes for the person who is signed in here. */
export const ME = "me";
/** The profile that people sign in with: it carries their tokens and has no rights of its own. */
export const TERMINAL = "terminal";

const fileIn = (home: string): string => join(home, "profiles", TERMINAL, "session.json");

/** Keeps a session for its owner's eyes: whoever reads the file is that person until it ends. */
export function writeSession(home: string, session: TerminalSession): void {
  const file = fileIn(home);
  writeFileSync(file, `${JSON.stringify(session, null, 2)}\n`, { mode: 0o600 });
  // A file that was there before keeps the mode that it had.
  chmodSync(file, 0o600);
}

/** The session that is kept here, or null. @throws SallyportClientError `secret.exposed` where others can read it. */
export function readSession(home: string): TerminalSession | null {
  const file = fileIn(home);
  const facts = statSync(file, { throwIfNoEntry: false });
  if (facts === undefined) return null;
  if (process.platform !== "win32" && (facts.mode & 0o077) !== 0) throw new SallyportClientError("secret.exposed", { where: [file] });
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof value === "object" && value !== null && "session" in value && typeof value.session === "string" ? (value as TerminalSession) : null;
  } catch {
    return null;
  }
}

/** Forgets it. */
export const removeSession = (home: string): void => rmSync(fileIn(home), { force: true });
