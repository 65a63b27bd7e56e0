import { type HostStatus, hostStatus } from "@sallyport/app-host";
import { type Health, SallyportClientError } from "@sallyport/client";
import { codeOf, plainJson, plainText } from "@sallyport/errors";
import { apiHealth } from "../api-health.ts";
import { type Command, report } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";

/** `sallyport status`: what the supervisor keeps, and what the api says of itself. */
export const status: Command = {
  usage: "[--as PROFILE] status",
  help: "Shows the processes that run on this folder and the api's health, asked as a local profile. Exit code 4 where it can't serve.",
  options: {},
  takes: [0, 0],
  run: async (invocation) => {
    const { settings, profile } = invocation;
    const host = await hostOrNull(settings.home);
    const health = await healthOrCode(apiHealth(settings, profile));
    report(invocation, plainJson({ running: host !== null, host, health: typeof health === "string" ? null : health, ...(typeof health === "string" && { code: health }) }), [
      ...(host === null ? [`no supervisor runs on ${settings.home}; start it with npm start`] : hostLines(host)),
      ...(health === null ? ["there is no profile to ask the api with"] : typeof health === "string" ? [`the api can't be asked [${health}]`] : healthLines(health)),
    ]);
    return exitOf(health);
  },
};

/** Null where no supervisor runs: it may be another machine's deployment. */
async function hostOrNull(home: string): Promise<HostStatus | null> {
  try {
    return await hostStatus(home);
  } catch (error) {
    if (codeOf(error) === "service.unavailable") return null;
    throw error;
  }
}

async function healthOrCode(asked: Promise<Health | null>): Promise<Health | string | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof SallyportClientError) return error.code;
    throw error;
  }
}

function hostLines({ console, api, processes, revoked }: HostStatus): readonly string[] {
  const width = Math.max(0, ...processes.map(({ name }) => name.length));
  return [
    `console ${console}`,
    `api     ${api}`,
    ...processes.map(
      ({ name, state, pid, sinceMs, standing }) =>
        `  ${name.padEnd(width)}  ${state}${pid === null ? "" : `, process ${pid}`}, for ${Math.round(sinceMs / 1000)} s${standing === null ? "" : `, ${standingText(standing)}`}`,
    ),
    ...(revoked.length > 0 ? [`revoked: ${revoked.join(", ")}`] : []),
  ];
}

const ROLES = { active: "serves", waiting: "waits, sealed, to take over", blocked: "can't take over", silent: "says nothing" } as const;
const standingText = ({ role, code }: NonNullable<HostStatus["processes"][number]["standing"]>): string => `${ROLES[role]}${code === null ? "" : ` [${plainText(code)}]`}`;

function healthLines({ status: overall, deployment, version, pillars, checkpoint }: Health): readonly string[] {
  return [
    `${plainText(overall)}: deployment ${plainText(deployment)}, version ${plainText(version)}`,
    `  ${Object.entries(pillars)
      .map(([pillar, lamp]) => `${pillar} ${lamp}`)
      .join(", ")}`,
    `  bundles are signed with ${plainText(checkpoint.fingerprint)}`,
    `  verifier key, for a witness: ${plainText(checkpoint.vkey)}`,
    ...checkpoint.before.map(({ fingerprint, until }) => `  until ${plainText(until)} they were signed with ${plainText(fingerprint)}`),
    ...(checkpoint.next === null
      ? []
      : [`  the next key is ${plainText(checkpoint.next.fingerprint)}`, `  its verifier key, for witnesses before it is used: ${plainText(checkpoint.next.vkey)}`]),
  ];
}

const exitOf = (health: Health | string | null): ExitCode => (health === null || typeof health === "string" || health.status === "unavailable" ? EXIT.unavailable : EXIT.done);
