import type { RecordDraft, RecordedDecision } from "@sallyport/audit";
import type { Action, Grant, ResourceType, SiteRef } from "@sallyport/policy";
import { siteKey } from "@sallyport/policy";
import type { Caller } from "./authenticate.ts";

/** The part of a record's `detail` that a handler adds: ids, counts and commitments, never a value. */
export type Detail = Readonly<Record<string, string | number>>;

/** How a record spells it. */
export const detailText = (detail: Detail): string =>
  Object.entries(detail)
    .map(([name, value]) => `${name}=${value}`)
    .join(";");

const SYSTEM = "system";

/** What one crossing has come to, so that it can be put on record whichever way it ends. */
export class Trace {
  readonly caller: Caller;
  readonly action: Action;
  readonly #resourceType: ResourceType;
  readonly #requestId: string;
  #resource: string | null = null;
  #detail: Detail = {};
  #grant: Grant | null = null;
  #opened: readonly SiteRef[] = [];
  #concerned: SiteRef | null = null;
  /** Why it was denied, in the policy's words; for the trail alone. */
  denial: string | null = null;

  constructor(caller: Caller, action: Action, resourceType: ResourceType, requestId: string) {
    this.caller = caller;
    this.action = action;
    this.#resourceType = resourceType;
    this.#requestId = requestId;
  }

  /** Names the thing that is crossed to, by an id or a keyed reference. */
  about(resource: string): void {
    this.#resource = resource;
  }

  note(detail: Detail): void {
    this.#detail = { ...this.#detail, ...detail };
  }

  /** Sites whose chains begin with this act: each chain's first record says so. */
  opens(sites: readonly SiteRef[]): void {
    this.#opened = sites;
  }

  /** A site whose chain has a record of the act beside the one in `system`, wherever its right was held. */
  concerns(site: SiteRef): void {
    this.#concerned = site;
  }

  /** The first records of the chains that begin with this act. */
  openings(): readonly RecordDraft[] {
    return this.#opened.map((site) => ({ ...this.#draft("note", "opened", site), action: "chain.open", resource: `site:${siteKey(site)}`, detail: "generation=1" }));
  }

  allowed(grant: Grant): void {
    this.#grant = grant;
  }

  /** The record of a crossing that succeeded, in the chain where it belongs: its one site's, or `system`. */
  success(reason = "allowed"): RecordDraft {
    const sites = this.#grant?.sites ?? [];
    return this.#draft("allow", reason, sites.length === 1 ? (sites[0] ?? null) : null);
  }

  /** The record of a watch that ended because its caller left, or because nothing more comes; where its opening is. */
  closed(): RecordDraft {
    return { ...this.success("closed"), decision: "note" };
  }

  /** The records of a bulk act: one in `system` and one in each site's chain; of an act at one site, one in that site's. */
  successAtEach(detailAt: (site: SiteRef) => Detail, reason = "allowed"): readonly RecordDraft[] {
    const sites = this.#concerned === null ? (this.#grant?.sites ?? []) : [this.#concerned];
    if (this.#concerned === null && sites.length <= 1) return [this.success(reason)];
    return [...sites.map((site) => this.#draft("allow", reason, site, detailAt(site))), this.#draft("allow", reason, null)];
  }

  /** The record of a crossing that was refused or failed; always in `system`, so that a site's chain tells of acts alone. */
  failure(decision: RecordedDecision, reason: string): RecordDraft {
    return this.#draft(decision, this.denial === null ? reason : `${reason}:${this.denial}`, null);
  }

  #draft(decision: RecordedDecision, reason: string, site: SiteRef | null, more: Detail = {}): RecordDraft {
    const detail: Record<string, string | number> = {};
    if (this.#grant !== null) detail["rule"] = this.#grant.rule;
    if (this.#grant !== null && this.#grant.emergency !== null) detail["emergency"] = this.#grant.emergency;
    Object.assign(detail, this.#detail, more);
    return {
      chain: site === null ? SYSTEM : `site:${siteKey(site)}`,
      principal: this.caller.principal.id,
      role: this.#grant?.role ?? "-",
      workload: this.caller.workload,
      action: this.action,
      resource: this.#resource ?? this.#resourceType,
      site: site === null ? "-" : siteKey(site),
      decision,
      reason,
      request_id: this.#requestId,
      policy: this.caller.state.tag,
      detail: detailText(detail),
    };
  }
}
