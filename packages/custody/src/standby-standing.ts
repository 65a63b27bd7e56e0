import { existsSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { type ErrorCode, isErrorCode } from "@sallyport/errors";

/** How a standby stands: it waits, sealed, or it couldn't take over, by what it can see. */
export interface StandbyStanding {
  readonly state: "waiting" | "blocked";
  /** What blocks it; null while it waits. */
  readonly code: ErrorCode | null;
}

/** A standby that hasn't said anything for this long isn't there, or hangs. */
const SILENCE_MS = 10_000;

const standingFile = (home: string): string => `${home}/standby.json`;

/** Has whoever runs the store know how this standby stands, or, by null, that it is none any more. To be said again each few seconds. */
export function tellStanding(home: string, standing: StandbyStanding | null): void {
  const path = standingFile(home);
  if (standing === null) return rmSync(path, { force: true });
  const text = JSON.stringify(standing);
  if (existsSync(path) && readFileSync(path, "utf8") === text) return utimesSync(path, new Date(), new Date());
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, path);
}

/** How the standby beside this store stands; null where none has said anything lately. */
export function readStanding(home: string): StandbyStanding | null {
  try {
    const path = standingFile(home);
    if (Math.abs(Date.now() - statSync(path).mtimeMs) > SILENCE_MS) return null;
    const { state, code } = JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, unknown>>;
    return { state: state === "waiting" ? state : "blocked", code: isErrorCode(code) ? code : null };
  } catch {
    return null;
  }
}
