import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type AlertPlan, readWrittenAlerts } from "@sallyport/alerts";
import { type AnchorPlan, readWrittenPlan } from "@sallyport/anchors";
import { assertStrongSecret, ROOT_SETTING_NAMES, rootSettingsOf, rootWrapperOf } from "@sallyport/custody/roots";
import { type EgressPlan, readWrittenEgress } from "@sallyport/delivery/plan";
import { ProviderClientId, ProviderIssuer } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { relyingParty } from "@sallyport/passkey";
import { assertDatabaseUrl } from "./database-url.ts";
import { KV_SETTING_NAMES, withKvSecrets } from "./kv-secrets.ts";
import { nearest } from "./nearest-name.ts";
import { readSecretFile, type SecretRule } from "./secret-file.ts";

/** What the operator chose, whole and checked. */
export interface Settings {
  /** Absolute. */
  readonly home: string;
  readonly consolePort: number;
  readonly apiPort: number;
  /** Null: a free one is chosen at the first start and kept. */
  readonly custodianPort: number | null;
  /** The owner's URL of another PostgreSQL, or null for the embedded one. A secret. */
  readonly databaseUrl: string | null;
  readonly seed: Seed;
  /** The console as browsers see it; null: where this host serves it itself, on `localhost`. */
  readonly consoleOrigin: string | null;
  /** The external provider that people may sign in by, or null. */
  readonly provider: ProviderSettings | null;
  /** Where checkpoints are anchored outside, or null. */
  readonly anchors: AnchorPlan | null;
  /** Who is told of what can't wait, or null. It holds secrets. */
  readonly alerts: AlertPlan | null;
  /** Where the custodian's root key is, as it is handed to the custodian: names of files, and no secret. */
  readonly rootKey: Readonly<Record<string, string>>;
  /** What the egress process proves itself with to recipients' portals, or null. It holds secrets. */
  readonly egress: EgressPlan | null;
  /** For how many days the records of a closed generation stay at hand before they may be archived; null for the default. */
  readonly archiveAfterDays: number | null;
  /** Whether a second custodian waits, sealed, to take over from the one that serves. */
  readonly standby: boolean;
}

interface ProviderSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** A secret. */
  readonly clientSecret: string;
}

type Seed = "synthetic" | "none";
export type Environment = Readonly<Record<string, string | undefined>>;

/** Every setting's name. `…_FILE` names a file that holds the value, for secrets. */
export const SETTING_NAMES = [
  "SALLYPORT_HOME",
  "SALLYPORT_CONSOLE_PORT",
  "SALLYPORT_API_PORT",
  "SALLYPORT_CUSTODIAN_PORT",
  "SALLYPORT_DATABASE_URL",
  "SALLYPORT_DATABASE_URL_FILE",
  "SALLYPORT_SEED",
  "SALLYPORT_CONSOLE_ORIGIN",
  "SALLYPORT_OIDC_ISSUER",
  "SALLYPORT_OIDC_CLIENT_ID",
  "SALLYPORT_OIDC_CLIENT_SECRET",
  "SALLYPORT_OIDC_CLIENT_SECRET_FILE",
  "SALLYPORT_ANCHORS_FILE",
  "SALLYPORT_ALERTS_FILE",
  "SALLYPORT_EGRESS_FILE",
  "SALLYPORT_ARCHIVE_AFTER_DAYS",
  "SALLYPORT_STANDBY",
] as const;
type SettingName = (typeof SETTING_NAMES)[number];

/**
 * Reads and checks all settings, without touching the network.
 * @throws SallyportError `setting.invalid`, `secret.missing`, `secret.weak`, `secret.exposed` or `database.insecure`, each naming the setting and never its value where that is a secret.
 */
export function readSettings(environment: Environment = process.env, secretRule: SecretRule = assertStrongSecret): Settings {
  assertKnownNames(environment);
  const consolePort = port(environment, "SALLYPORT_CONSOLE_PORT", 3000);
  const apiPort = port(environment, "SALLYPORT_API_PORT", 3001);
  const custodianPort = port(environment, "SALLYPORT_CUSTODIAN_PORT", null);
  assertDistinct({ SALLYPORT_CONSOLE_PORT: consolePort, SALLYPORT_API_PORT: apiPort, SALLYPORT_CUSTODIAN_PORT: custodianPort });
  return {
    home: homeIn(environment),
    consolePort,
    apiPort,
    custodianPort,
    databaseUrl: databaseUrl(environment, secretRule),
    seed: seed(environment),
    consoleOrigin: consoleOrigin(environment),
    provider: provider(environment, secretRule),
    anchors: anchors(environment),
    alerts: alerts(environment, secretRule),
    rootKey: rootKey(environment),
    egress: egress(environment),
    archiveAfterDays: archiveAfterDays(environment),
    standby: standby(environment),
  };
}

/** Checked here, so that nothing starts with settings that the custodian would refuse. Whether the secrets are there, and its own, is for the custodian to see. */
function rootKey(environment: Environment): Settings["rootKey"] {
  rootWrapperOf(environment);
  return rootSettingsOf(environment);
}

/** The deployment's folder, for who needs nothing else: no secret is read or asked for. @throws SallyportError `setting.invalid`. */
export function readHome(environment: Environment = process.env): string {
  assertKnownNames(environment);
  return homeIn(environment);
}

const homeIn = (environment: Environment): string => resolve(text(environment, "SALLYPORT_HOME") ?? ".sallyport");

/** All settings, with the secrets that are in a KV engine. @throws as {@link readSettings} and {@link withKvSecrets}. */
export const settingsWithKv = async (environment: Environment = process.env): Promise<Settings> => readSettings(await withKvSecrets(environment));

const invalid = (setting: string, reason: string, remedy?: string): SallyportError =>
  new SallyportError("setting.invalid", { setting, reason, ...(remedy !== undefined && { remedy }) });

function assertKnownNames(environment: Environment): void {
  const nodeEnv = environment["NODE_ENV"];
  if (nodeEnv !== undefined && nodeEnv !== "production") throw invalid("NODE_ENV", "is set to something other than production", "unset it");
  for (const name of Object.keys(environment)) {
    const known: readonly string[] = [...SETTING_NAMES, ...ROOT_SETTING_NAMES, ...KV_SETTING_NAMES];
    if (!name.startsWith("SALLYPORT_") || known.includes(name)) continue;
    throw invalid(name, "there is no such setting", `did you mean ${nearest(name, known)}?`);
  }
}

function text(environment: Environment, name: SettingName): string | undefined {
  const value = environment[name];
  if (value === undefined) return undefined;
  if (value.trim() === "") throw invalid(name, "is empty", "give it a value or unset it");
  if (value.includes("\0") || value.includes("\n")) throw invalid(name, "holds a line break");
  return value;
}

function port<Default extends number | null>(environment: Environment, name: SettingName, fallback: Default): number | Default {
  const value = text(environment, name);
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!/^[1-9]\d{0,4}$/.test(value) || number > 65_535) throw invalid(name, "is not a port", "use a whole number from 1 to 65535");
  return number;
}

/** Null: what the custodian takes without being told. */
function archiveAfterDays(environment: Environment): number | null {
  const value = text(environment, "SALLYPORT_ARCHIVE_AFTER_DAYS");
  if (value !== undefined && !/^[1-9]\d{0,4}$/.test(value)) throw invalid("SALLYPORT_ARCHIVE_AFTER_DAYS", "is not a number of days", "use a whole number from 1 to 99999");
  return value === undefined ? null : Number(value);
}

function standby(environment: Environment): boolean {
  const value = text(environment, "SALLYPORT_STANDBY") ?? "off";
  if (value !== "on" && value !== "off") throw invalid("SALLYPORT_STANDBY", "is neither on nor off");
  return value === "on";
}

function assertDistinct(ports: Readonly<Record<string, number | null>>): void {
  const seen = new Map<number, string>();
  for (const [name, value] of Object.entries(ports)) {
    if (value === null) continue;
    const other = seen.get(value);
    if (other !== undefined) throw new SallyportError("port.taken", { setting: name, port: value, reason: `${other} is the same port` });
    seen.set(value, name);
  }
}

function seed(environment: Environment): Seed {
  const value = text(environment, "SALLYPORT_SEED") ?? "synthetic";
  if (value !== "synthetic" && value !== "none") throw invalid("SALLYPORT_SEED", "is neither synthetic nor none");
  return value;
}

/** What makes an origin one that passkeys can be made for is the passkey package's to say; it names this setting. */
function consoleOrigin(environment: Environment): string | null {
  const value = text(environment, "SALLYPORT_CONSOLE_ORIGIN");
  return value === undefined ? null : relyingParty(value).origin;
}

function databaseUrl(environment: Environment, secretRule: SecretRule): string | null {
  const direct = text(environment, "SALLYPORT_DATABASE_URL");
  const file = text(environment, "SALLYPORT_DATABASE_URL_FILE");
  if (direct !== undefined && file !== undefined) throw invalid("SALLYPORT_DATABASE_URL", "is set, and SALLYPORT_DATABASE_URL_FILE is too", "set one of them");
  if (file !== undefined) return assertDatabaseUrl(readSecretFile(file, "SALLYPORT_DATABASE_URL_FILE"), "SALLYPORT_DATABASE_URL_FILE", secretRule);
  return direct === undefined ? null : assertDatabaseUrl(direct, "SALLYPORT_DATABASE_URL", secretRule);
}

/** The plan in the file, with the certificates that it names. */
function anchors(environment: Environment): AnchorPlan | null {
  const plan = planIn(environment, "SALLYPORT_ANCHORS_FILE");
  return plan === null ? null : readWrittenPlan(plan, read);
}

/** The same of alerts, with their secrets: each in a file that is this user's alone. */
function alerts(environment: Environment, secretRule: SecretRule): AlertPlan | null {
  const name = "SALLYPORT_ALERTS_FILE";
  const written = planIn(environment, name);
  if (written === null) return null;
  const plan = readWrittenAlerts(written, { read, readSecret: (path) => readSecretFile(path, name) });
  // A webhook's secret has a form of its own, which says how long it is.
  for (const { password, user } of plan.mail) if (password !== undefined) secretRule(password, name, user ?? "");
  return plan;
}

/** The same of routes' credentials. */
function egress(environment: Environment): EgressPlan | null {
  const plan = planIn(environment, "SALLYPORT_EGRESS_FILE");
  return plan === null ? null : readWrittenEgress(plan, { read, readSecret: (path) => readSecretFile(path, "SALLYPORT_EGRESS_FILE") });
}

const read = (path: string): string => readFileSync(path, "utf8");

function planIn(environment: Environment, name: "SALLYPORT_ANCHORS_FILE" | "SALLYPORT_ALERTS_FILE" | "SALLYPORT_EGRESS_FILE"): string | null {
  const file = text(environment, name);
  if (file === undefined) return null;
  try {
    return read(resolve(file));
  } catch {
    throw invalid(name, "names a file that can't be read");
  }
}

/** All of the provider's settings, or none: half of them would be a button that nobody can press. */
function provider(environment: Environment, secretRule: SecretRule): ProviderSettings | null {
  const issuer = text(environment, "SALLYPORT_OIDC_ISSUER");
  const clientId = text(environment, "SALLYPORT_OIDC_CLIENT_ID");
  const direct = text(environment, "SALLYPORT_OIDC_CLIENT_SECRET");
  const file = text(environment, "SALLYPORT_OIDC_CLIENT_SECRET_FILE");
  if (issuer === undefined && clientId === undefined && direct === undefined && file === undefined) return null;
  if (issuer === undefined) throw invalid("SALLYPORT_OIDC_ISSUER", "is missing, and other settings of the provider are there", "set all of them, or none");
  if (!ProviderIssuer.safeParse(issuer).success)
    throw invalid("SALLYPORT_OIDC_ISSUER", "is no issuer", "use an https URL, as the provider's own metadata spells it; http on localhost alone");
  if (clientId === undefined) throw invalid("SALLYPORT_OIDC_CLIENT_ID", "is missing, and other settings of the provider are there", "set all of them, or none");
  if (!ProviderClientId.safeParse(clientId).success) throw invalid("SALLYPORT_OIDC_CLIENT_ID", "is no client id");
  if (direct !== undefined && file !== undefined) throw invalid("SALLYPORT_OIDC_CLIENT_SECRET", "is set, and SALLYPORT_OIDC_CLIENT_SECRET_FILE is too", "set one of them");
  const name: SettingName = `SALLYPORT_OIDC_CLIENT_SECRET${file === undefined ? "" : "_FILE"}`;
  const clientSecret = file === undefined ? direct : readSecretFile(file, name);
  if (clientSecret === undefined) throw new SallyportError("secret.missing", { setting: name, reason: "other settings of the provider are there" });
  secretRule(clientSecret, name, clientId);
  return { issuer, clientId, clientSecret };
}
