import { SallyportError } from "@sallyport/errors";
import { type Action, type SiteRef, siteKey } from "@sallyport/policy";

/** A chain's incident that nobody has ended yet. */
export interface OpenIncident {
  readonly id: string;
  readonly chain: string;
}

/**
 * What an incident stops (DESIGN §6, ADR 0045): `site`: an act that lets data or a signature out, at the site whose chain it is about;
 * `system`: an act by which somebody is given more, while `system` is under one. What takes away, and what only looks or brings in, goes on.
 * A new action has to say what it is.
 */
const STOPPED_BY: Readonly<Record<Action, "site" | "system" | null>> = {
  "phi.read": "site",
  "phi.bulk_reveal": "site",
  "document.read": "site",
  "packet.release": "site",
  "subject.transfer": "site",
  "submission.submit": "site",
  "submission.release": "site",
  "submission.download": "site",
  "submission.assemble": "site",
  "submission.sign": "site",
  "role.change": "system",
  "assignment.change": "system",
  "study.register": "system",
  "profile.change": "system",
  "person.invite": "system",
  "person.reinstate": "system",
  "authenticator.recover": "system",
  "approval.use": "system",
  "lock.lift": "system",
  "workload.enrol": "system",
  "keys.rotate": "system",
  "recipient.change": "system",
  "route.change": "system",
  "trail.archive": "system",
  "spool.discard": "system",
  "packet.upload": null,
  "spool.replay": null,
  "packet.read": null,
  "packet.inspect": null,
  "packet.reject": null,
  "subject.list": null,
  "subject.read": null,
  "subject.withdraw": null,
  "document.write": null,
  "trail.read": null,
  "trail.verify": null,
  "trail.export": null,
  "trail.review": null,
  "incident.release": null,
  "study.read": null,
  "profile.read": null,
  "principal.read": null,
  "workload.read": null,
  "workload.revoke": null,
  "role.read": null,
  "keys.read": null,
  "access.read": null,
  "access.change": null,
  "exposure.read": null,
  "phi.bulk_approve": null,
  "person.suspend": null,
  "person.approve": null,
  "person.offboard": null,
  "lock.read": null,
  "lock.set": null,
  "session.end": null,
  "approval.read": null,
  "approval.decide": null,
  "approval.withdraw": null,
  "emergency.open": null,
  "emergency.review": null,
  "access.review": null,
  "recipient.read": null,
  "outbox.read": null,
  "outbox.reconcile": null,
  "outbox.deliver": null,
};

/** The incident that stops an act at these sites, or null. */
export function stoppedBy(incidentOf: (chain: string) => OpenIncident | null, action: Action, sites: readonly SiteRef[]): OpenIncident | null {
  const by = STOPPED_BY[action];
  if (by === null) return null;
  const chains = by === "system" ? ["system"] : sites.map((site) => `site:${siteKey(site)}`);
  return chains.map(incidentOf).find((incident) => incident !== null) ?? null;
}

/** @throws `trail.quarantined`, naming the incident and its chain. */
export function assertNotStopped(incident: OpenIncident | null): void {
  if (incident !== null) throw new SallyportError("trail.quarantined", { incident: `${incident.id} ${incident.chain}` });
}
