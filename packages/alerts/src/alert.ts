import type { AlertKind } from "@sallyport/policy";

/** What each kind of alert says, in a sentence for people. None of them speaks of a subject. */
export const ALERT_KINDS = {
  "incident.opened": "A chain of the trail isn't what was sealed and signed. What is dangerous there is stopped until two people end the incident.",
  "incident.ended": "Two people have ended an incident of the trail. Nothing was mended; the range stays on record as broken.",
  "emergency.opened": "Access to one subject was opened in an emergency.",
  "method.locked": "A way of signing in was locked for a person after too many failed attempts.",
  "workload.revoked": "A workload's certificates were revoked.",
  "policy.signed": "A change of what roles may do was signed upon an approval.",
  "keys.escrowed": "The audit keys were taken out of the custodian's store, offline.",
  "anchors.behind": "No anchor has taken a checkpoint for longer than is set. Where anchors are required, acts that need evidence are refused until one has it.",
  "anchor.refused": "An anchor of the trail refuses what it is shown: it knows of another history, as where a database and its custodian were both put back. Stop, and compare.",
  "delivery.disagrees": "A recipient's portal contradicts what was sealed for it, or itself. Nothing is sent again by itself.",
  "approval.requested": "Somebody asked for an act that others decide on.",
  "approval.decided": "A request was approved or rejected in a person's name.",
  "signature.made": "A document was signed in a person's name.",
  "signature.refused": "Somebody tried to sign a document in a person's name, and what they showed as proof was wrong. Nothing was signed.",
  "signature.broken": "A signature on a document doesn't verify any more: it, its document or what stands beside them was changed. It is shown as broken.",
  "proof.used": "An act was carried out upon a person's passkey, or their password and code.",
  "address.changed": "Where a person is told of their approvals and signatures was changed.",
  "review.overdue": "A review is overdue.",
  "separation.refused": "Somebody tried to give themselves a right, or to decide on what they had asked for themselves. It was refused, and nothing changed.",
  "alert.test": "This is a test. Somebody wanted to know whether alerts arrive.",
} as const satisfies Record<AlertKind, string>;

/** What to do about an alert that speaks of a person's own act, in case it wasn't theirs. It leads past the console, which may have misled them. */
const NOT_YOU =
  "Was it you, and this? If not, or if the console showed you something else: don't sign in to check, tell your security administrator by telephone or in person, and name this message's alert.";
export const ALERT_ADVICE: Partial<Readonly<Record<AlertKind, string>>> = {
  "approval.decided": NOT_YOU,
  "signature.made": `${NOT_YOU} A signature that isn't yours has to be reported at once.`,
  "signature.refused": NOT_YOU,
  "proof.used": NOT_YOU,
  "address.changed": NOT_YOU,
};

/** One alert, as it leaves. It holds ids and numbers, and nobody's name. */
export interface Alert {
  /** `alr_…`: the same however often it is sent, and to whomever. */
  readonly id: string;
  readonly kind: AlertKind;
  readonly atMs: number;
  readonly deployment: string;
  /** Whose auditors it concerns: `site:<study>/<site>` or `system`. */
  readonly chain: string;
  /** What it is about, as records name it: `incident/inc_…`. */
  readonly about: string;
  readonly facts: Readonly<Record<string, string | number>>;
  /** Where to look at it in the console. */
  readonly link: string;
}

/** Whether a place takes a kind, where it names some: a test goes to everybody. */
export const takesOf =
  (kinds: readonly AlertKind[] | undefined) =>
  (kind: AlertKind): boolean =>
    kinds === undefined || kind === "alert.test" || kinds.includes(kind);

/** Port: tells people at addresses of their own. */
export interface PersonalMail {
  /** Sends one to somebody's address, as {@link AlertRoute.deliver} does to a place. `route` names the person as deliveries do. */
  readonly deliver: (alert: Alert, to: { readonly route: string; readonly address: string }) => Promise<void>;
}

/** Port: one place that alerts go to. */
export interface AlertRoute {
  readonly kind: "webhook" | "mail";
  readonly name: string;
  /** Whether this kind goes there. */
  readonly takes: (kind: AlertKind) => boolean;
  /**
   * Sends one, and resolves once the receiver has said that it has it.
   * @throws SallyportError `alert.refused` where it said no (with `gone: true` where it wants nothing more), `service.unavailable` where it said nothing.
   */
  readonly deliver: (alert: Alert, nowMs: number) => Promise<void>;
}
