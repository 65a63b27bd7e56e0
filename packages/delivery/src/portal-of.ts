import type { RouteSettings } from "@sallyport/outbox";
import type { EgressPlan } from "./egress-plan.ts";
import { httpsPortal } from "./https-portal.ts";
import type { Portal } from "./portal.ts";
import { sftpPortal } from "./sftp-portal.ts";

/** The portal of a route, by the credential that it names; one that is away or is for another host surely gets nothing. */
export function portalOf(plan: EgressPlan | null, settings: RouteSettings): Portal {
  const found = plan?.credentials.find((each) => each.name === settings.credential);
  if (found?.host === settings.host) {
    if (found.kind === "https" && settings.kind === "https") return httpsPortal(settings, { cert: found.cert, key: found.key, ca: found.ca });
    // An OpenSSH key file ends with a line's end, which reading a secret took away.
    if (found.kind === "sftp" && settings.kind === "sftp") return sftpPortal(settings, Buffer.from(`${found.key}\n`));
  }
  return NO_CREDENTIAL;
}

const failure = "no_credential";
const NO_CREDENTIAL: Portal = {
  deliver: () => Promise.resolve({ said: { kind: "unsent", failure }, receipt: null }),
  ask: () => Promise.resolve({ said: { kind: "unknown", failure }, receipt: null }),
  health: () => Promise.resolve(failure),
};
