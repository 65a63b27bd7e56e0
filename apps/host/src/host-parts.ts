import type { PasswordStore } from "@sallyport/db";
import type { Home } from "./home.ts";
import type { KeeperLimits } from "./keeper.ts";
import type { Programs } from "./programs.ts";
import type { Settings } from "./settings.ts";

/** Port: what is done to the database before any process uses it. */
interface DatabasePreparation {
  assertSafe(ownerUrl: string): Promise<void>;
  migrate(ownerUrl: string, options: { readonly deployment: string; readonly log: (applied: string) => void }): Promise<void>;
  /** The processes' passwords, in a database that is migrated. */
  passwords(ownerUrl: string): PasswordStore;
}

/** What a host is built from. */
export interface HostParts {
  readonly settings: Settings;
  readonly programs: Programs;
  readonly database: DatabasePreparation;
  /** Brings the demonstration study's subjects in, as soon as the api is up for the first time. */
  readonly bringSubjects: (home: Home) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** One line for people. */
  readonly report: (line: string) => void;
  readonly limits?: KeeperLimits;
  readonly readyMs?: number;
  readonly graceMs?: number;
}
