import { readFileSync, statSync } from "node:fs";
import { type AlertPlan, readAlerts } from "@sallyport/alerts";
import { type AnchorPlan, readPlan } from "@sallyport/anchors";
import { ProviderClientId, ProviderIssuer } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { ProviderSettings } from "./openid-provider.ts";

/** What the api process is told by whoever starts it, with the secrets of the files that it is told. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  /** Reads the URL of the api's role from its file, which is replaced when the role's password rotates. */
  readonly databaseUrl: () => string;
  readonly identityDir: string;
  readonly trustDomain: string;
  /** The console as browsers reach it; `http://localhost:3000` unless set. */
  readonly consoleOrigin: string;
  /** The external provider that people may sign in by, or null. Its secret is in a file, or in the environment. */
  readonly provider: ProviderSettings | null;
  /** Where checkpoints are anchored, from the file that whoever starts it left; null: nowhere. */
  readonly anchors: AnchorPlan | null;
  /** Who is told of what can't wait, with their secrets, from the file that whoever starts it left; null: nobody. */
  readonly alerts: AlertPlan | null;
  /** Where writes wait that can't be served now, and how long everything has to have been well before they are replayed; null: nowhere. */
  readonly spool: { readonly folder: string; readonly holdMs: number } | null;
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
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts?.isFile() !== true) throw new SallyportError("secret.missing", { setting });
  if ((facts.mode & 0o077) !== 0) throw new SallyportError("secret.exposed", { setting });
  return readFileSync(path, "utf8").trim();
}

const ISSUER = "SALLYPORT_OIDC_ISSUER";
const CLIENT_ID = "SALLYPORT_OIDC_CLIENT_ID";
const PROVIDER_KEY = "SALLYPORT_OIDC_CLIENT_SECRET";

/** All of the provider's settings, or none of them. */
function providerIn(env: Environment): ProviderSettings | null {
  if (![ISSUER, CLIENT_ID, PROVIDER_KEY, `${PROVIDER_KEY}_FILE`].some((name) => (env[name] ?? "") !== "")) return null;
  const issuer = ProviderIssuer.safeParse(required(env, ISSUER));
  if (!issuer.success) throw new SallyportError("setting.invalid", { setting: ISSUER, why: "not an https issuer" });
  const clientId = ProviderClientId.safeParse(required(env, CLIENT_ID));
  if (!clientId.success) throw new SallyportError("setting.invalid", { setting: CLIENT_ID, why: "not a client id" });
  const file = env[`${PROVIDER_KEY}_FILE`] ?? "";
  if (file !== "" && (env[PROVIDER_KEY] ?? "") !== "") throw new SallyportError("setting.invalid", { setting: PROVIDER_KEY, why: "set twice" });
  const clientSecret = file === "" ? required(env, PROVIDER_KEY) : secretIn(file, `${PROVIDER_KEY}_FILE`);
  if (clientSecret === "") throw new SallyportError("secret.missing", { setting: `${PROVIDER_KEY}_FILE` });
  return { issuer: issuer.data, clientId: clientId.data, clientSecret };
}

const HOLD = "SALLYPORT_SPOOL_HOLD_SECONDS";

function spoolIn(env: Environment): Settings["spool"] {
  const folder = env["SALLYPORT_SPOOL_DIR"] ?? "";
  const hold = env[HOLD] ?? "10";
  if (!/^[1-9]\d{0,2}$/.test(hold)) throw new SallyportError("setting.invalid", { setting: HOLD, why: "not 1 to 999 seconds" });
  return folder === "" ? null : { folder, holdMs: Number(hold) * 1000 };
}

/** Reads and checks the settings; each failure names the setting, never a value. */
export function readSettings(env: Environment = process.env): Settings {
  if (env["NODE_ENV"] !== "production") throw new SallyportError("setting.invalid", { setting: "NODE_ENV", why: "must be production" });
  const [host = "", port = ""] = required(env, "SALLYPORT_CUSTODIAN_ADDRESS").split(":");
  const databaseUrlFile = required(env, "SALLYPORT_API_DATABASE_URL_FILE");
  const databaseUrl = (): string => secretIn(databaseUrlFile, "SALLYPORT_API_DATABASE_URL_FILE");
  databaseUrl();
  return {
    port: portOf(required(env, "SALLYPORT_API_PORT"), "SALLYPORT_API_PORT"),
    host: env["SALLYPORT_API_HOST"] ?? "localhost",
    databaseUrl,
    identityDir: required(env, "SALLYPORT_IDENTITY_DIR"),
    trustDomain: required(env, "SALLYPORT_TRUST_DOMAIN"),
    consoleOrigin: env["SALLYPORT_CONSOLE_ORIGIN"] ?? "http://localhost:3000",
    provider: providerIn(env),
    anchors: (env["SALLYPORT_ANCHORS_FILE"] ?? "") === "" ? null : readPlan(readFileSync(required(env, "SALLYPORT_ANCHORS_FILE"), "utf8")),
    alerts: (env["SALLYPORT_ALERTS_FILE"] ?? "") === "" ? null : readAlerts(secretIn(required(env, "SALLYPORT_ALERTS_FILE"), "SALLYPORT_ALERTS_FILE")),
    spool: spoolIn(env),
    custodian: { host, port: portOf(port, "SALLYPORT_CUSTODIAN_ADDRESS") },
  };
}
