import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SallyportClientError } from "./client-error.ts";
import type { CredentialPaths } from "./credentials.ts";

/** A folder that the deployment wrote for one workload: `key.pem`, `cert.pem`, `ca.pem` and `profile.json`. */
export interface ProfileOptions {
  readonly profile: string;
}

/** The same, file by file. */
export interface CertificateOptions extends CredentialPaths {
  /** `https://host:port` of the api. */
  readonly api: string;
  /** The deployment's trust domain; the server must prove to be its api. */
  readonly trustDomain: string;
}

/** Whom to call, and with what. */
export interface Target {
  readonly api: URL;
  readonly trustDomain: string;
  readonly paths: CredentialPaths;
}

/** @throws SallyportClientError `setting.invalid`; `where` names what is missing or wrong. */
export function targetOf(options: ProfileOptions | CertificateOptions): Target {
  if (!("profile" in options)) {
    const { key, cert, ca } = options;
    return { api: httpsOrigin(options.api, "api"), trustDomain: options.trustDomain, paths: { key, cert, ca } };
  }
  const file = join(options.profile, "profile.json");
  const { api, trustDomain } = readProfile(file);
  if (typeof api !== "string" || typeof trustDomain !== "string") throw new SallyportClientError("setting.invalid", { where: [file] });
  const paths = { key: join(options.profile, "key.pem"), cert: join(options.profile, "cert.pem"), ca: join(options.profile, "ca.pem") };
  return { api: httpsOrigin(api, file), trustDomain, paths };
}

function readProfile(file: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof parsed === "object" && parsed !== null) return parsed as Record<string, unknown>;
  } catch (error) {
    throw new SallyportClientError("setting.invalid", { where: [file], ...(error instanceof Error && { cause: error }) });
  }
  throw new SallyportClientError("setting.invalid", { where: [file] });
}

function httpsOrigin(text: string, where: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.protocol !== "https:" || url.pathname !== "/" || url.search !== "" || url.username !== "") {
    throw new SallyportClientError("setting.invalid", { where: [where] });
  }
  return url;
}
