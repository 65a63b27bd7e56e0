import type { Grant } from "./grant.ts";

/** What somebody has to know at once: a closed list, so that a receiver knows each kind that can come (docs/spec/alert-v1.md). */
export const alertKinds = [
  "incident.opened",
  "incident.ended",
  "emergency.opened",
  "method.locked",
  "workload.revoked",
  "policy.signed",
  "keys.escrowed",
  "anchors.behind",
  "anchor.refused",
  "delivery.disagrees",
  "approval.requested",
  "approval.decided",
  "signature.made",
  "signature.refused",
  "signature.broken",
  "proof.used",
  "address.changed",
  "review.overdue",
  "separation.refused",
  "alert.test",
] as const;
export type AlertKind = (typeof alertKinds)[number];

/** An alert that is raised: ids and numbers, never a name or a value. */
export interface RaisedAlert {
  /** What it is raised by; the same key again raises nothing. */
  readonly key: string;
  readonly kind: AlertKind;
  /** Whose auditors it concerns: `site:<study>/<site>` or `system`. */
  readonly chain: string;
  /** What it is about, as records name it: `incident/inc_…`. */
  readonly about: string;
  readonly facts: Readonly<Record<string, string | number>>;
  readonly atMs: number;
  /** People who are told themselves (`per_…`), where they have an address, beside the places that take the kind. */
  readonly people?: readonly string[];
}

/** An alert as it is stored. */
export interface AlertRow extends Omit<RaisedAlert, "key" | "people"> {
  /** `alr_…`. */
  readonly id: string;
}

/** How it stands with one alert at one place that it goes to. */
export interface AlertDelivery {
  /** A place by its name, or a person as `per.` and what follows `per_` in their id. */
  readonly route: string;
  readonly state: "waiting" | "delivered" | "given_up";
  readonly attempts: number;
  /** When it was tried last; null before. */
  readonly triedAtMs: number | null;
  /** Why the last try failed, by its code; null where it didn't. */
  readonly failure: string | null;
}

/** What became of a place's last try, whatever it was about. */
export interface RouteStanding {
  readonly route: string;
  readonly triedAtMs: number;
  readonly failure: string | null;
}

/** Port: raises alerts. Within `tx` an alert is raised together with the act, or not at all. */
export interface Alerts<Tx> {
  /** The alert's id; null where its key was used. */
  raise(tx: Tx | null, alert: RaisedAlert): Promise<string | null>;
  /** The places that this node sends to, in order. */
  routes(): readonly { readonly name: string; readonly kind: "webhook" | "mail" }[];
  /** Whether this node sends mail to people at addresses of their own. */
  readonly tellsPeople: boolean;
  /** What the grants reach together, the newest first, or what is about one thing; with how the places stand. Needs `trail.read`. */
  list(
    grants: readonly [Grant, ...Grant[]],
    of: { readonly about: string | null; readonly limit: number },
  ): Promise<{ readonly alerts: readonly (AlertRow & { readonly deliveries: readonly AlertDelivery[] })[]; readonly standings: readonly RouteStanding[] }>;
}
