import type { TokenScope } from "./token-scope.ts";

/** Every act that a grant can name, `noun.verb`. The same word stands in the policy, the trail, the console and the docs. */
export const ACTIONS = [
  "packet.upload",
  "packet.read",
  "packet.inspect",
  "packet.release",
  "packet.reject",
  "subject.list",
  "subject.read",
  "subject.withdraw",
  "subject.transfer",
  "phi.read",
  "document.read",
  "document.write",
  "submission.submit",
  "submission.sign",
  "trail.read",
  "trail.verify",
  "trail.export",
  "incident.release",
  "study.read",
  "study.register",
  "profile.read",
  "profile.change",
  "principal.read",
  "workload.read",
  "workload.enrol",
  "workload.revoke",
  "role.read",
  "role.change",
  "keys.rotate",
  "keys.read",
  "access.read",
  "access.change",
  "exposure.read",
  "phi.bulk_reveal",
  "phi.bulk_approve",
  "person.invite",
  "person.suspend",
  "person.reinstate",
  "person.approve",
  "authenticator.recover",
  "person.offboard",
  "assignment.change",
  "lock.read",
  "lock.set",
  "lock.lift",
  "session.end",
  "approval.read",
  "approval.decide",
  "approval.withdraw",
  "approval.use",
  "emergency.open",
  "emergency.review",
  "access.review",
  "trail.review",
  "recipient.read",
  "recipient.change",
  "submission.assemble",
  "submission.release",
  "submission.download",
  "outbox.read",
  "outbox.reconcile",
  "outbox.deliver",
  "route.change",
  "trail.archive",
  "spool.replay",
  "spool.discard",
] as const;
export type Action = (typeof ACTIONS)[number];

/** Every type of thing that an act is done to. */
export const RESOURCE_TYPES = [
  "packet",
  "subject",
  "subject_phi",
  "edc_record",
  "ectd_sequence",
  "irb_correspondence",
  "investigator_credential",
  "trail",
  "study",
  "profile",
  "principal",
  "workload",
  "role",
  "key_ring",
  "access",
  "session",
  "approval",
  "lock",
  "recipient",
  "outbox",
  "route",
] as const;
export type ResourceType = (typeof RESOURCE_TYPES)[number];

/** A site of a study, as registered. */
export interface SiteRef {
  readonly study: string;
  readonly site: string;
}

/** `study/site`; the one spelling of a site in the trail, in filters and in keys. */
export type SiteKey = `${string}/${string}`;
export const siteKey = ({ study, site }: SiteRef): SiteKey => `${study}/${site}`;

/** What a grant lets through of a resource's fields. A field that is in none of the lists is hidden. */
export interface FieldRule {
  /** Opened without a further act. */
  readonly readable: readonly string[];
  /** Shown as a mask; opened by `phi.read` alone. */
  readonly masked: readonly string[];
}

/**
 * What has to hold beside the role, from a closed list: every condition has few values, so that the whole space of decisions can be asked
 * through. `signedInBy: "passkey"`: by a person who signed in with a passkey; a service never did.
 */
export interface Conditions {
  readonly signedInBy: "passkey";
}

/** One allowed (role, action, resource type). What no grant lists is denied. */
export interface GrantRule {
  /** Stable id of the rule; it stands in decisions and records. */
  readonly id: string;
  readonly role: string;
  readonly action: Action;
  readonly resource: ResourceType;
  /** By classification: `public`, `regulatory`, `phi`, `treatment` (what would unblind). Absent where the resource has no fields. */
  readonly fields?: FieldRule;
  /** Absent where the role is all that it takes. */
  readonly conditions?: Conditions;
}

/** Two acts that one person may not both do to the same thing. */
export interface SeparationRule {
  readonly id: string;
  readonly first: Action;
  readonly second: Action;
}

export interface RoleRule {
  readonly name: string;
  readonly description: string;
  /** Who may assign this role. */
  readonly assignableBy: readonly string[];
}

/** An immutable policy version. Its canonical bytes (RFC 8785) are what the custodian signs. */
export interface PolicyDocument {
  readonly version: number;
  readonly title: string;
  readonly roles: readonly RoleRule[];
  readonly grants: readonly GrantRule[];
  readonly separation: readonly SeparationRule[];
}

/** A role held at a site, at every site of a study (`site: "*"`), or over the whole deployment (`study: "*", site: "*"`). */
export interface Assignment {
  readonly role: string;
  readonly study: string;
  readonly site: string;
  /** Milliseconds since the epoch; inclusive. */
  readonly fromMs: number;
  /** Milliseconds since the epoch; exclusive; null for no end. */
  readonly untilMs: number | null;
}

/** A principal as it stands now, from our own records. */
export interface LivePrincipal {
  readonly id: string;
  readonly kind: "service" | "person";
  /** The person behind the account, or the service itself: separation of duties is by this. */
  readonly person: string;
  readonly status: "active" | "suspended";
  /** SPIFFE ID of a service's own workload; null for a person, who acts through whatever workload they signed in at. */
  readonly workload: string | null;
  /** Tokens issued before this second are refused. */
  readonly tokensFromS: number;
  readonly assignments: readonly Assignment[];
  /** `study/site` of every site that a lock has stopped; absent for none. Put here by {@link underLocks}, so that no decision can forget it. */
  readonly stoppedAt?: ReadonlySet<string>;
  /** `study/site` of every site that is closed: nothing new comes in there. Absent for none; put here by {@link withClosed}. */
  readonly closedAt?: ReadonlySet<string>;
  /** The emergencies that this account has opened and that haven't ended. Absent for none; put here by {@link withEmergencies}. */
  readonly emergencies?: readonly Emergency[];
}

/** Access to one subject in an emergency, opened by one account for a time. */
export interface Emergency {
  /** `emg_` and 26 characters of Crockford base32. */
  readonly id: string;
  readonly principal: string;
  readonly subject: string;
  /** Where the subject was when it was opened: elsewhere it shows nothing. */
  readonly study: string;
  readonly site: string;
  /** Milliseconds since the epoch; inclusive. */
  readonly fromMs: number;
  /** Milliseconds since the epoch; exclusive. */
  readonly untilMs: number;
}

/**
 * Where a resource belongs, found from our own records:
 * `one` owning site, `each` of several named sites (all must be allowed), `any` of the sites that exist (the answer is
 * filtered to the allowed ones), or `deployment` (no site at all: needs a role held over the whole deployment).
 * A resource without a site where one is needed is `one` with `null`, and is denied.
 */
export type Place =
  | { readonly kind: "one"; readonly site: SiteRef | null }
  | { readonly kind: "each"; readonly sites: readonly (SiteRef | null)[] }
  | { readonly kind: "any"; readonly sites: readonly SiteRef[] }
  | { readonly kind: "deployment" };

export interface Question {
  readonly principal: LivePrincipal;
  /** The token's scope: the actions that it may be used for at most. */
  readonly scope: TokenScope;
  readonly action: Action;
  readonly resource: ResourceType;
  readonly place: Place;
  /** The one subject that is asked about, by its id; absent or null where it isn't one. An emergency is for one subject, so without it none counts. */
  readonly subject?: string | null;
  readonly nowMs: number;
  /** How the person signed in, from our own session; null or absent for a service, and where it isn't known: then no condition on it is met. */
  readonly signedInBy?: string | null;
}

export type Decision =
  | {
      readonly effect: "allow";
      /** The matched grant's id. */
      readonly rule: string;
      readonly role: string;
      /** The sites that the answer may speak of: the named ones, or the allowed among `any`. Empty for `deployment`. */
      readonly sites: readonly SiteRef[];
      readonly fields: FieldRule;
      /** Id of the emergency without which this would be denied; absent where a role is enough. */
      readonly emergency?: string;
    }
  | {
      readonly effect: "deny";
      readonly reason:
        | "no_rule"
        | "not_in_scope"
        | "no_site"
        | "other_site"
        | "not_deployment_wide"
        | "principal_suspended"
        | "unknown_role"
        | "separation"
        | "condition"
        | "locked"
        | "closed";
      /** What would be needed, in the policy's words; for those who may see explanations, not for the caller. */
      readonly needed: string;
    };
