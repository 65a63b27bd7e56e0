import { SallyportError } from "@sallyport/errors";
import type { Action, Decision, FieldRule, ResourceType, SiteRef } from "./model.ts";
import { siteKey } from "./model.ts";

export interface GrantFacts {
  readonly principal: string;
  readonly person: string;
  readonly workload: string;
  readonly action: Action;
  readonly resource: ResourceType;
  readonly requestId: string;
  /** `v<version>:<first 16 hex of the digest>`. */
  readonly policy: string;
}

/**
 * What a decision to allow yields: the only value with which a handler can open PHI or write.
 *
 * It names who, what and where, and it dies with its crossing: after {@link Grant.close} every use throws.
 * Only the boundary may call {@link Grant.issue}; a repo check holds that line.
 */
export class Grant {
  readonly principal: string;
  readonly person: string;
  readonly workload: string;
  readonly action: Action;
  readonly resource: ResourceType;
  readonly requestId: string;
  readonly policy: string;
  readonly role: string;
  readonly rule: string;
  readonly sites: readonly SiteRef[];
  readonly fields: FieldRule;
  /** Id of the emergency that this was granted by, which is for one subject alone; null for a grant by role. */
  readonly emergency: string | null;
  /** By study: asked for each field of each record, so no text is put together to ask. */
  readonly #sites: ReadonlyMap<string, ReadonlySet<string>>;
  #open = true;

  private constructor(facts: GrantFacts, decision: Extract<Decision, { effect: "allow" }>) {
    this.principal = facts.principal;
    this.person = facts.person;
    this.workload = facts.workload;
    this.action = facts.action;
    this.resource = facts.resource;
    this.requestId = facts.requestId;
    this.policy = facts.policy;
    this.role = decision.role;
    this.rule = decision.rule;
    this.sites = decision.sites;
    this.fields = decision.fields;
    this.emergency = decision.emergency ?? null;
    this.#sites = byStudy(decision.sites);
  }

  static issue(facts: GrantFacts, decision: Extract<Decision, { effect: "allow" }>): Grant {
    return new Grant(facts, decision);
  }

  /** Throws unless this grant is open and is for one of these actions. Every port that takes a grant calls it first. */
  assert(...actions: readonly Action[]): void {
    if (!this.#open || !actions.includes(this.action)) throw new SallyportError("policy.denied", { rule: this.rule });
  }

  /** Whether the grant reaches this site. */
  covers({ study, site }: SiteRef): boolean {
    return this.#sites.get(study)?.has(site) ?? false;
  }

  /** `study/site` of every site that the grant reaches, for the row filter and row-level security. */
  siteKeys(): readonly string[] {
    return [...new Set(this.sites.map(siteKey))];
  }

  /** Ends the crossing. */
  close(): void {
    this.#open = false;
  }
}

function byStudy(sites: readonly SiteRef[]): ReadonlyMap<string, ReadonlySet<string>> {
  const studies = new Map<string, Set<string>>();
  for (const { study, site } of sites) studies.set(study, (studies.get(study) ?? new Set()).add(site));
  return studies;
}
