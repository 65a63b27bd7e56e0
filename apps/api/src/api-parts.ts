import type { ApiDeps, AppRouter, PeopleDeps, SessionLimits } from "@sallyport/api";
import type { AlertPlan } from "@sallyport/alerts";
import type { AnchorPlan } from "@sallyport/anchors";
import type { Custodian } from "@sallyport/custody";
import type { Database, Tx } from "@sallyport/db";
import type { PeopleStores } from "@sallyport/people";
import type { Identity } from "@sallyport/pki";
import type { ListenerDeps, ListenerLimitsAll } from "./listener.ts";
import type { ProviderSettings } from "./openid-provider.ts";
import type { SessionRates } from "./session-routes.ts";
import type { SpoolSettings } from "./spool-desk.ts";

/** What the process is built from. Everything that tests replace comes in here. */
export interface ApiParts {
  readonly database: Database;
  readonly custodian: Custodian;
  readonly identity: () => Identity;
  readonly trustDomain: string;
  readonly version: string;
  /** Where people reach the console, as their browsers spell it: what passkeys are made for. */
  readonly consoleOrigin: string;
  /** Where checkpoints are anchored; nowhere if absent. */
  readonly anchors?: AnchorPlan | null;
  /** Who is told of what can't wait; nobody if absent. */
  readonly alerts?: AlertPlan | null;
  /** The external provider that people may sign in by; none if absent. */
  readonly provider?: ProviderSettings | null;
  readonly spool?: SpoolSettings | null;
  readonly now: () => number;
  readonly write: (line: string) => void;
  readonly limits?: ListenerLimitsAll;
  /** How long an unwrapped data key is kept; five minutes if absent. */
  readonly keyTtlMs?: number;
  /** How fast people may try to sign in; the product's own if absent. */
  readonly sessionRates?: SessionRates;
  /** How long sessions of people last; the product's own if absent. */
  readonly sessionLimits?: SessionLimits;
  /** How many tokens' verified signatures are remembered; none where every token is to be verified anew. */
  readonly tokenCache?: number;
  /** Puts other ports in the place of the real ones, for tests that show what a defence is for. */
  readonly ports?: (real: ApiDeps<Tx>) => ApiDeps<Tx>;
  /** Puts another router in the place of the real one, for the same tests. */
  readonly router?: (deps: ApiDeps<Tx>) => AppRouter;
  /** Puts other stores of people in the place of the real ones, for the same tests. */
  readonly stores?: (real: PeopleStores<Tx>) => PeopleStores<Tx>;
  /** Puts other parts of signing in in the place of the real ones, for the same tests. */
  readonly people?: (real: PeopleDeps<Tx>) => PeopleDeps<Tx>;
  /** Judges the peer of a socket instead of the real judge, for the same tests. */
  readonly judgePeer?: ListenerDeps["judgePeer"];
}
