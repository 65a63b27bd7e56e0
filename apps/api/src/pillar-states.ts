import type { PillarState, PolicyDesk } from "@sallyport/api";
import type { CustodianStatus } from "@sallyport/custody";
import type { CustodianWatch } from "./custodian-watch.ts";

/** What the five pillars rest on; each is asked of what the process already knows, so that asking costs nothing. */
export interface PillarDeps {
  readonly now: () => number;
  readonly watch: CustodianWatch;
  readonly policy: PolicyDesk;
  /** Whether no outage of the trail is waiting to be put on record. */
  readonly isTrailUp: () => boolean;
  readonly isFrozen: () => boolean;
}

/** How the five pillars stand, each with a line for people. */
export function pillarStates({ now, watch, policy, isTrailUp, isFrozen }: PillarDeps): readonly PillarState[] {
  const status = attempt(() => watch.status());
  const broken = (status?.incidents ?? []).filter(({ ended }) => ended === null).length;
  return [
    state(
      "workload",
      status !== null && status.crlNextUpdateS * 1000 > now(),
      "Certificates are checked against a revocation list in date.",
      "The revocation list is stale, so no certificate can be trusted.",
    ),
    state("principal", status !== null && status.tokenKeys.length > 0, "Tokens are verified with the keys in force.", "There is no key to verify tokens with."),
    state(
      "policy",
      attempt(() => policy.current()) !== null,
      "Every request is decided on the signed policy.",
      "The policy can't be read or isn't the one that was signed: everything is denied.",
    ),
    phi(status, watch.isReachable),
    state(
      "trail",
      watch.isReachable && isTrailUp() && !isFrozen() && broken === 0,
      "Every crossing is on record, and every chain is whole as far as it was verified, but for ended incidents.",
      trailFault(broken, isFrozen()),
    ),
  ];
}

const state = (pillar: PillarState["pillar"], isUp: boolean, up: string, down: string): PillarState => ({ pillar, state: isUp ? "ok" : "down", text: isUp ? up : down });

/** Without its root key the custodian opens nothing new, and what was opened serves for its minutes. */
function phi(status: CustodianStatus | null, isReachable: boolean): PillarState {
  if (isReachable && status?.rootKey === "present") return { pillar: "phi", state: "ok", text: `Keys are opened by the custodian, for one crossing each.${standbyText(status)}` };
  return isReachable && status !== null
    ? { pillar: "phi", state: "degraded", text: "The root key is away: what is not open already stays shut." }
    : { pillar: "phi", state: "down", text: "The custodian can't be reached: nothing is opened." };
}

/** Nothing where there is none: one is a choice of the operator's. */
function standbyText({ standby }: CustodianStatus): string {
  if (standby === null) return "";
  return standby.state === "waiting" ? " A standby waits, sealed, to take over." : ` Its standby can't take over (${standby.code ?? "-"}).`;
}

function trailFault(broken: number, isFrozen: boolean): string {
  if (isFrozen) return "The database is not what was signed last: only incidents, verifying and exporting go on.";
  return broken > 0 ? "A chain is under an incident: what is dangerous is stopped there." : "The trail can't be written: nothing goes through.";
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
