import { join } from "node:path";
import type { Home } from "./home.ts";
import type { ProcessName } from "./process-owners.ts";
import type { Settings } from "./settings.ts";

/** What the processes are told about each other. */
export interface Addresses {
  readonly trustDomain: string;
  readonly custodianPort: number;
  /** Where the custodian listens; loopback if absent. */
  readonly custodianHost?: string;
  readonly apiPort: number;
  readonly consolePort: number;
  /** The console as browsers see it: where people's passkeys are made and used. */
  readonly consoleOrigin: string;
  /** The external provider that people may sign in by; its secret is in {@link providerSecretFile}. */
  readonly provider: { readonly issuer: string; readonly clientId: string } | null;
  /** Null for the custodian's own default. */
  readonly archiveAfterDays: number | null;
  /** Whether there is an {@link anchorsFile}. */
  readonly hasAnchors: boolean;
  /** Whether there is an {@link alertsFile}. */
  readonly hasAlerts: boolean;
  /** Whether there is an {@link egressFile}. */
  readonly hasEgress: boolean;
  /** Whether a second custodian waits beside the one that serves. */
  readonly hasStandby: boolean;
  /** Where the custodian's root key is; empty for the file in its folder. */
  readonly rootKey: Readonly<Record<string, string>>;
}

/** What the settings say of it, before there is a deployment. */
export function addressesIn({
  apiPort,
  consolePort,
  consoleOrigin,
  provider,
  anchors,
  alerts,
  egress,
  rootKey,
  archiveAfterDays,
}: Settings): Omit<Addresses, "trustDomain" | "custodianPort" | "hasStandby"> {
  const origin = consoleOrigin ?? new URL(`http://localhost:${consolePort}`).origin;
  return { apiPort, consolePort, consoleOrigin: origin, provider, hasAnchors: anchors !== null, hasAlerts: alerts !== null, hasEgress: egress !== null, rootKey, archiveAfterDays };
}

/** Where a process's database URL is. The console has none, and nobody gets the owner's. */
export const databaseUrlFile = (home: Home, name: "api" | "custodian"): string => join(home.secrets, `${name}.database-url`);

/** Where the api finds the plan of its anchors. */
export const anchorsFile = (home: Home): string => join(home.secrets, "api.anchors");

/** Where the api finds who is told of what can't wait, with their secrets. */
export const alertsFile = (home: Home): string => join(home.secrets, "api.alerts");

/** Where the egress process finds what it proves itself with. */
export const egressFile = (home: Home): string => join(home.secrets, "egress.credentials");

/** Where the api finds its secret at the external provider. */
export const providerSecretFile = (home: Home): string => join(home.secrets, "api.provider-secret");

/** The whole environment of a process: what it needs, and nothing of ours. */
export function environmentOf(name: ProcessName, home: Home, addresses: Addresses): Readonly<Record<string, string>> {
  const all = {
    NODE_ENV: "production",
    PATH: "/usr/local/bin:/usr/bin:/bin",
    TZ: "UTC",
    SALLYPORT_IDENTITY_DIR: join(home.identity, name),
    SALLYPORT_TRUST_DOMAIN: addresses.trustDomain,
  };
  const custodian = { SALLYPORT_CUSTODIAN_ADDRESS: `127.0.0.1:${addresses.custodianPort}` };
  switch (name) {
    case "custodian":
      return {
        ...all,
        SALLYPORT_CUSTODIAN_ADDRESS: `${addresses.custodianHost ?? "127.0.0.1"}:${addresses.custodianPort}`,
        SALLYPORT_CUSTODIAN_HOME: home.custodian,
        SALLYPORT_CUSTODIAN_DATABASE_URL_FILE: databaseUrlFile(home, "custodian"),
        SALLYPORT_CONSOLE_ORIGIN: addresses.consoleOrigin,
        ...addresses.rootKey,
        ...(addresses.hasStandby && { SALLYPORT_STANDBY: "on" }),
        ...(addresses.archiveAfterDays !== null && { SALLYPORT_ARCHIVE_AFTER_DAYS: String(addresses.archiveAfterDays) }),
      };
    case "api":
      return {
        ...all,
        ...custodian,
        SALLYPORT_API_PORT: String(addresses.apiPort),
        SALLYPORT_API_DATABASE_URL_FILE: databaseUrlFile(home, "api"),
        SALLYPORT_SPOOL_DIR: home.spool,
        SALLYPORT_CONSOLE_ORIGIN: addresses.consoleOrigin,
        ...(addresses.provider !== null && {
          SALLYPORT_OIDC_ISSUER: addresses.provider.issuer,
          SALLYPORT_OIDC_CLIENT_ID: addresses.provider.clientId,
          SALLYPORT_OIDC_CLIENT_SECRET_FILE: providerSecretFile(home),
        }),
        ...(addresses.hasAlerts && { SALLYPORT_ALERTS_FILE: alertsFile(home) }),
        ...(addresses.hasAnchors && { SALLYPORT_ANCHORS_FILE: anchorsFile(home) }),
      };
    case "egress":
      return { ...all, SALLYPORT_API_URL: `https://localhost:${addresses.apiPort}`, ...(addresses.hasEgress && { SALLYPORT_EGRESS_FILE: egressFile(home) }) };
    case "console":
      return { ...all, SALLYPORT_CONSOLE_PORT: String(addresses.consolePort), SALLYPORT_API_URL: `https://localhost:${addresses.apiPort}`, NEXT_TELEMETRY_DISABLED: "1" };
  }
}
