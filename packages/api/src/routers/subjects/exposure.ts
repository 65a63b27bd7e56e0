import { parseBody } from "@sallyport/audit";
import { ExposureInput, ExposureOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { decide, type LivePrincipal, siteKey, type SiteRef, TokenScope } from "@sallyport/policy";
import { archivesWithin } from "../../archives/standing.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import { detailOf } from "../../crossings/trace-of.ts";
import { emergencySummary, printedNames } from "../../emergencies/emergency-summary.ts";
import type { PolicyState } from "../../policy-desk.ts";
import type { OpenedValues } from "../../exposure-port.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateSubject } from "./subject-place.ts";

const REVEALS_SHOWN = 500;

/** Who could open a subject's values, who did, and who did and no longer could. Of the values themselves it tells nothing. */
export const subjectExposure = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "exposure.read",
      resource: "subject",
      whenFrozen: "serve",
      input: ExposureInput,
      output: ExposureOutput,
      locate: ({ subjectId }, trace) => locateSubject(deps, subjectId, trace),
    },
    async ({ input: { subjectId }, grant, found, trace, reach }) => {
      const [site] = grant.sites;
      const here = site === undefined ? null : await deps.exposure.of(grant, { id: subjectId, reference: found.reference }, REVEALS_SHOWN);
      if (site === undefined || here === null) throw new SallyportError("policy.denied");
      const earlier = (await deps.subjectActs.earlierSites(grant, subjectId)).filter((each) => each.site !== site.site);
      const reached = earlier.map((each) => reach({ action: "exposure.read", resource: "subject" }, { kind: "one", site: each })).filter((each) => each !== null);
      const exposure = joinOpened([here, ...(await Promise.all(reached.map((each) => deps.exposure.openedAt(each, found.reference, REVEALS_SHOWN))))]);
      const [emergencies, printedNameOf] = await Promise.all([deps.emergencies.ofSubject(grant, subjectId), printedNames(deps)]);
      const state = deps.policy.current();
      const names = await deps.names();
      const nameOf = (principal: string): string | null => (Object.hasOwn(names, principal) ? (names[principal] ?? null) : null);
      const opened = new Map(exposure.principals.map((each) => [each.principal, each]));
      const may = new Map(
        [...state.principals.values()]
          .map((principal) => [principal.id, rolesThatOpen(state, principal, { site, subject: subjectId }, deps.now())] as const)
          .filter(([, roles]) => roles.length > 0),
      );
      const shown = (principal: string, roles: readonly string[]) => {
        const act = opened.get(principal);
        return { principal, name: nameOf(principal), roles: [...roles], reveals: act?.count ?? 0, lastAt: act === undefined ? null : new Date(act.lastMs).toISOString() };
      };
      const could = [...may].filter(([principal]) => !opened.has(principal)).map(([principal, roles]) => shown(principal, roles));
      const did = [...may].filter(([principal]) => opened.has(principal)).map(([principal, roles]) => shown(principal, roles));
      const didAndCannot = [...opened.keys()].filter((principal) => !may.has(principal)).map((principal) => shown(principal, rolesOf(state.principals.get(principal))));
      trace.note({ could: could.length, did: did.length, cannot: didAndCannot.length });
      const firstMs = Math.min(...exposure.principals.map((each) => each.firstMs));
      return {
        subjectId,
        label: here.label,
        could,
        did,
        didAndCannot,
        reveals: exposure.reveals.map(({ atMs, principal, requestId, body }) => {
          const detail = detailOf(parseBody(body).detail);
          return {
            at: new Date(atMs).toISOString(),
            principal,
            name: nameOf(principal),
            field: detail["field"] ?? "-",
            purpose: detail["purpose"] ?? "-",
            emergency: detail["emergency"] ?? null,
            requestId,
          };
        }),
        emergencies: emergencies.map((row) => emergencySummary(row, printedNameOf, deps.now())),
        since: Number.isFinite(firstMs) ? new Date(firstMs).toISOString() : null,
        isPartial: reached.length < earlier.length,
        archived: archivesWithin(deps, { chains: [site, ...reached.flatMap((each) => each.sites)].map((each) => `site:${siteKey(each)}`) }, {}),
      };
    },
  );

/** What several sites have on record, as one: of a subject that was moved, the sites where it was have the rest. */
function joinOpened(parts: readonly OpenedValues[]): OpenedValues {
  const principals = new Map<string, OpenedValues["principals"][number]>();
  for (const each of parts.flatMap((part) => part.principals)) {
    const known = principals.get(each.principal);
    const { principal, count, firstMs, lastMs } = each;
    if (known === undefined) principals.set(principal, each);
    else principals.set(principal, { principal, count: known.count + count, firstMs: Math.min(known.firstMs, firstMs), lastMs: Math.max(known.lastMs, lastMs) });
  }
  const reveals = parts.flatMap((part) => part.reveals).toSorted((a, b) => b.atMs - a.atMs);
  return { principals: [...principals.values()], reveals: reveals.slice(0, REVEALS_SHOWN) };
}

/** The roles by which a principal may open values at a site now, whatever its tokens are for; none where it may not. */
function rolesThatOpen(
  { compiled }: PolicyState,
  principal: LivePrincipal,
  { site, subject }: { readonly site: SiteRef; readonly subject: string },
  nowMs: number,
): readonly string[] {
  const roles = (["phi.read", "phi.bulk_reveal"] as const).flatMap((action) => {
    const decision = decide(compiled, {
      principal,
      scope: new TokenScope([action]),
      action,
      resource: "subject_phi",
      place: { kind: "one", site },
      subject,
      nowMs,
      signedInBy: principal.kind === "person" ? "passkey" : null,
    });
    return decision.effect === "allow" ? decision.role.split("+") : [];
  });
  return [...new Set(roles)];
}

const rolesOf = (principal: LivePrincipal | undefined): readonly string[] => [...new Set(principal?.assignments.map(({ role }) => role) ?? [])];
