import { SallyportError } from "@sallyport/errors";
import type { Grant } from "@sallyport/policy";
import { fitsCopy } from "./copy-rows.ts";
import type { Database, Tx } from "./database.ts";

/** The one name in the list of granted sites that is no site: the deployment's own chain. Site keys hold a slash. */
const SYSTEM = "system";

/**
 * What row security compares: the grant's sites joined by newlines. A grant over the whole deployment names no site;
 * where it is for the trail, it reaches the `system` chain, and nothing else anywhere.
 */
export const grantedSites = (grant: Grant): string => {
  // No site at all: only what is for the emergency's one subject looks behind the colon, so whatever doesn't know of it shows nothing.
  if (grant.emergency !== null) return `emergency:${grant.emergency}`;
  const sites = grant.siteKeys();
  return sites.length === 0 && grant.action.startsWith("trail.") ? SYSTEM : sites.join("\n");
};

/** The grant that a transaction's row security stands at; a transaction's memory ends with it. */
const entered = new WeakMap<Tx, Grant>();

/**
 * Puts row security of this transaction at the grant's sites, action, resource and principal. Every adapter that takes a grant does it first,
 * so a forgotten one reads nothing. The setting ends with the transaction.
 */
export async function enterGrant(tx: Tx, grant: Grant): Promise<void> {
  if (entered.get(tx) === grant) return;
  entered.set(tx, grant);
  await tx`SELECT set_config('sallyport.sites', ${grantedSites(grant)}, true), set_config('sallyport.action', ${grant.action}, true),
                  set_config('sallyport.resource', ${grant.resource}, true), set_config('sallyport.principal', ${grant.principal}, true)`;
}

/**
 * The same for a COPY, which takes no parameters: the statement that its transaction begins with.
 *
 * @throws SallyportError `input.invalid` for what can't be spelled in it.
 */
export function copyContext(grant: Grant): string {
  const sites = grantedSites(grant);
  if (!fitsCopy([sites, grant.action], [])) throw new SallyportError("input.invalid", { where: ["site: not one"] });
  return `SELECT set_config('sallyport.sites', '${sites}', true), set_config('sallyport.action', '${grant.action}', true)`;
}

/** Runs `work` in one transaction whose row security stands at what the grants of one act reach together. */
export function withGrants<T>(database: Database, grants: readonly [Grant, ...Grant[]], work: (tx: Tx) => Promise<T>): Promise<T> {
  const [{ action, resource, principal }] = grants;
  return database.transaction(async (tx) => {
    await tx`SELECT set_config('sallyport.sites', ${grants.map(grantedSites).join("\n")}, true), set_config('sallyport.action', ${action}, true),
                    set_config('sallyport.resource', ${resource}, true), set_config('sallyport.principal', ${principal}, true)`;
    return work(tx);
  });
}

/**
 * Runs `work` in one transaction whose row security stands at the grant.
 *
 * @throws SallyportError as {@link Database.transaction}.
 */
export function withGrant<T>(database: Database, grant: Grant, work: (tx: Tx) => Promise<T>): Promise<T> {
  return database.transaction(async (tx) => {
    await enterGrant(tx, grant);
    return work(tx);
  });
}
