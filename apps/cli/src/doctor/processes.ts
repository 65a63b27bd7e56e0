import { type HostStatus, hostStatus, settingsWithKv } from "@sallyport/app-host";
import { SallyportClientError } from "@sallyport/client";
import { codeOf } from "@sallyport/errors";
import { apiHealth } from "../api-health.ts";
import { failureDocument } from "../failure-text.ts";
import type { Settings } from "../settings.ts";
import { error, type Finding, ok, warning } from "./finding.ts";
import { passwordFindings } from "./passwords.ts";

/** Whether a start with these settings would be refused. Secrets that are in a KV engine are asked for, as at a start. */
export async function checkSettings(environment?: Readonly<Record<string, string | undefined>>): Promise<Finding> {
  try {
    await settingsWithKv(environment);
    return ok("settings", "the settings are valid");
  } catch (failure) {
    const { message, where = [], remedy } = failureDocument(failure);
    return error("settings", [message, ...where].join(" "), remedy);
  }
}

/** Whether the supervisor answers, and keeps every process running. */
export async function checkProcesses(home: string): Promise<readonly Finding[]> {
  try {
    const { processes, passwords, revoked } = await hostStatus(home);
    const amiss = processes.filter(({ state }) => state !== "running").map(({ name, state }) => error("processes", `${name} is ${state}`, `look into ${home}/logs`));
    const gone = revoked.length > 0 ? [ok("processes", `revoked profiles: ${revoked.join(", ")}`)] : [];
    return [...(amiss.length > 0 ? amiss : [ok("processes", `${processes.length} processes are running`)]), ...standbyFindings(processes), ...passwordFindings(passwords), ...gone];
  } catch (failure) {
    if (codeOf(failure) !== "service.unavailable") throw failure;
    return [warning("processes", `no supervisor runs on ${home}`, "start it with npm start")];
  }
}

/** Whether the api answers a local profile, and each pillar of the boundary stands. */
export async function checkApi(settings: Settings, profile: string | undefined): Promise<readonly Finding[]> {
  try {
    const health = await apiHealth(settings, profile);
    if (health === null) return [];
    const down = Object.entries(health.pillars).filter(([, lamp]) => lamp !== "ok");
    return down.length === 0 ? [ok("api", "the api serves")] : down.map(([pillar]) => error("api", `the api can't serve: ${pillar} is down`, "check the processes above"));
  } catch (failure) {
    if (!(failure instanceof SallyportClientError)) throw failure;
    const make = failure.code === "connection.refused" ? warning : error;
    return [make("api", `${failure.message}${failure.where === undefined ? "" : ` (${failure.where.join(", ")})`} [${failure.code}]`, failure.remedy)];
  }
}

const RUNBOOK = "see docs/runbooks/standby.md";

/** Of two custodians, whether one serves and the other could take over. Nothing where there is one alone. */
export function standbyFindings(processes: HostStatus["processes"]): readonly Finding[] {
  const standings = processes.flatMap(({ name, standing }) => (standing === null ? [] : [{ name, ...standing }]));
  if (standings.length === 0) return [];
  const amiss = [
    ...(standings.some(({ role }) => role === "active") ? [] : [error("standby", "no custodian serves: everything that is protected answers 503", RUNBOOK)]),
    ...standings.filter(({ role }) => role === "blocked").map(({ name, code }) => error("standby", `${name} can't take over (${code ?? "-"})`, RUNBOOK)),
    ...standings.filter(({ role }) => role === "silent").map(({ name }) => error("standby", `${name} should wait to take over, and says nothing`, RUNBOOK)),
    ...(standings.length === 1 ? [warning("standby", "one custodian runs, and none waits beside it", RUNBOOK)] : []),
  ];
  return amiss.length > 0 ? amiss : [ok("standby", "one custodian serves, and one waits, sealed, to take over")];
}
