import { readFileSync, statSync } from "node:fs";
import { type EgressPlan, readEgress } from "@sallyport/delivery";
import { SallyportError } from "@sallyport/errors";

/** What the egress process is told by whoever starts it, with the keys of the file that it is told. */
export interface Settings {
  readonly api: string;
  readonly identityDir: string;
  readonly trustDomain: string;
  /** What it proves itself with to portals; null: nothing, and then no route is healthy. */
  readonly plan: EgressPlan | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

function required(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value === "") throw new SallyportError("setting.invalid", { setting: name, why: "missing" });
  return value;
}

function planIn(env: Environment): EgressPlan | null {
  const file = env["SALLYPORT_EGRESS_FILE"];
  if (file === undefined || file === "") return null;
  const setting = "SALLYPORT_EGRESS_FILE";
  const facts = statSync(file, { throwIfNoEntry: false });
  if (facts?.isFile() !== true) throw new SallyportError("secret.missing", { setting });
  if ((facts.mode & 0o077) !== 0) throw new SallyportError("secret.exposed", { setting });
  return readEgress(readFileSync(file, "utf8"));
}

/** @throws SallyportError `setting.invalid`, `secret.missing` or `secret.exposed`, which names the setting. */
export const readSettings = (env: Environment = process.env): Settings => ({
  api: required(env, "SALLYPORT_API_URL"),
  identityDir: required(env, "SALLYPORT_IDENTITY_DIR"),
  trustDomain: required(env, "SALLYPORT_TRUST_DOMAIN"),
  plan: planIn(env),
});
