import { readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { readStrongSecret } from "@sallyport/custody/roots";
import { SallyportError } from "@sallyport/errors";
import { type Answer, send } from "@sallyport/outbound";
import type { Environment } from "./settings.ts";

/** Where the store of secrets is, and how it is asked. */
const STORE = ["SALLYPORT_KV_ADDRESS", "SALLYPORT_KV_TOKEN_FILE", "SALLYPORT_KV_NAMESPACE", "SALLYPORT_KV_CA_FILE"] as const;
/** Secrets that may come from there, each by `<path>#<field>`. */
const SECRETS = ["SALLYPORT_DATABASE_URL", "SALLYPORT_OIDC_CLIENT_SECRET"] as const;
const placeOf = (secret: (typeof SECRETS)[number]): string => `${secret}_KV`;
export const KV_SETTING_NAMES: readonly string[] = [...STORE, ...SECRETS.map(placeOf)];

const DEADLINE_MS = 5000;
const ANSWER_MAX = 64 * 1024;
const PLACE = /^([A-Za-z0-9_-]+(?:\/[A-Za-z0-9_.-]+)+)#([A-Za-z0-9_.-]{1,128})$/;

const invalid = (setting: string, reason: string, remedy: string): SallyportError => new SallyportError("setting.invalid", { setting, reason, remedy });
const missing = (setting: string, reason: string, remedy: string): SallyportError => new SallyportError("secret.missing", { setting, reason, remedy });

/**
 * The environment with the secrets that are named by a place in the KV engine of a Vault or OpenBao (version 1 or 2), asked for once, at the start. What comes
 * is checked like a secret that was given otherwise. An environment that names none stays as it is, and nobody is asked.
 *
 * @throws SallyportError `setting.invalid`, `secret.missing`, `secret.weak`, `secret.exposed`, each naming the setting and never a value.
 */
export async function withKvSecrets(environment: Environment): Promise<Environment> {
  const given = KV_SETTING_NAMES.filter((name) => environment[name] !== undefined);
  if (given.length === 0) return environment;
  const named = SECRETS.filter((secret) => environment[placeOf(secret)] !== undefined);
  if (named.length === 0)
    throw invalid(given[0] ?? "", "is set, and no secret is named that is there", "set SALLYPORT_DATABASE_URL_KV or SALLYPORT_OIDC_CLIENT_SECRET_KV, or unset it");
  const ask = asked(environment);
  const found: Record<string, string> = {};
  for (const secret of named) {
    for (const other of [secret, `${secret}_FILE`]) if (environment[other] !== undefined) throw invalid(placeOf(secret), `is set, and ${other} is too`, "set one of them");
    const [, path, field] = PLACE.exec(environment[placeOf(secret)] ?? "") ?? [];
    if (path === undefined || field === undefined || path.split("/").includes(".."))
      throw invalid(placeOf(secret), "is not the place of a secret", "write it as <path>#<field>, with the path as the API has it: secret/data/sallyport#url");
    found[secret] = await ask(placeOf(secret), path, field);
  }
  const rest = Object.entries(environment).filter(([name]) => !KV_SETTING_NAMES.includes(name));
  return { ...Object.fromEntries(rest), ...found };
}

/** How a field of a secret is asked for. */
function asked(environment: Environment): (setting: string, path: string, field: string) => Promise<string> {
  const address = environment["SALLYPORT_KV_ADDRESS"] ?? "";
  if (!URL.canParse(address) || new URL(address).protocol !== "https:" || new URL(address).origin !== address.replace(/\/$/, ""))
    throw invalid("SALLYPORT_KV_ADDRESS", "is not an https address", "write it as https://host:port; secrets are asked for over verified TLS alone");
  const tokenFile = environment["SALLYPORT_KV_TOKEN_FILE"] ?? "";
  if (!isAbsolute(tokenFile)) throw invalid("SALLYPORT_KV_TOKEN_FILE", "is not an absolute path", "name the file of a token that may read the secrets");
  const namespace = environment["SALLYPORT_KV_NAMESPACE"];
  const ca = environment["SALLYPORT_KV_CA_FILE"] === undefined ? null : authorities(environment["SALLYPORT_KV_CA_FILE"]);
  const token = readStrongSecret(tokenFile, "SALLYPORT_KV_TOKEN_FILE");
  return async (setting, path, field) => {
    let answer: Answer;
    try {
      answer = await send({
        method: "GET",
        url: new URL(`/v1/${path}`, address),
        body: Buffer.alloc(0),
        headers: { "x-vault-token": token, "x-vault-request": "true", ...(namespace !== undefined && { "x-vault-namespace": namespace }) },
        deadlineMs: DEADLINE_MS,
        answerMax: ANSWER_MAX,
        ...(ca !== null && { ca }),
      });
    } catch {
      throw missing(setting, "the store of secrets gave no whole answer in time", "look at SALLYPORT_KV_ADDRESS, and whether this host reaches it");
    }
    if (answer.status === 403) throw missing(setting, "the store of secrets refused the token", "give it a policy that reads this path");
    if (answer.status !== 200)
      throw missing(setting, `the store of secrets answered ${answer.status}`, "look at the path; version 2 of the engine has data in it: secret/data/sallyport");
    const value = fieldOf(answer.body.toString("utf8"), field);
    if (value === null) throw missing(setting, "the secret that is there has no such field of text", "look at the field's name");
    return value;
  };
}

/** Of version 2 of the engine, the fields stand one level deeper, beside their metadata. What came in words is dropped: it may hold the secret. */
function fieldOf(text: string, field: string): string | null {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return null;
  }
  const at = (value: unknown, name: string): unknown =>
    typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
  const data = at(body, "data");
  const isSecond = typeof at(data, "data") === "object" && typeof at(data, "metadata") === "object";
  const value = at(isSecond ? at(data, "data") : data, field);
  return typeof value === "string" && value !== "" ? value : null;
}

function authorities(path: string): string {
  try {
    const pem = isAbsolute(path) ? readFileSync(path, "utf8") : "";
    if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
  } catch {
    // Said below.
  }
  throw invalid("SALLYPORT_KV_CA_FILE", "names no readable file of certificates", "name a PEM file, by its absolute path, of the authorities that the store's certificate is from");
}
