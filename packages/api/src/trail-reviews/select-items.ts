import { parseBody } from "@sallyport/audit";
import { canonicalJson, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import {
  type CrossingLine,
  type CrossingRow,
  type SearchConditions,
  type SearchPlace,
  type SearchScope,
  TRAIL_RISKS,
  type TrailReviewItem,
  type TrailReviewRow,
  type TrailRisk,
} from "@sallyport/policy";
import { chainsBehind } from "../crossings/caught-up.ts";
import { rowOf } from "../crossings/request-records.ts";
import { detailOf } from "../crossings/trace-of.ts";
import type { ApiDeps } from "../ports.ts";
import { burstsOf, isDenial, PRIVILEGE_ACTIONS, REVEAL_ACTIONS, type RiskRecord, RULES } from "./risk-rules.ts";

/** What a selection is made by: the same over the same trail finds the same. */
export type Selection = Pick<TrailReviewRow, "study" | "site" | "fromMs" | "untilMs" | "risks" | "workFrom" | "workUntil">;

const ITEMS_MAX = 1000;
const LOOKED_AT_MAX = 50_000;
const PAGE = 1000;
const EMERGENCY_MAX_MS = 5 * 3_600_000;
/** What an emergency lets somebody do. */
const UNDER_EMERGENCY = ["subject.read", "phi.read"] as const;

/** A record in its own words, with its MAC in hex. */
type Found = CrossingRow & RiskRecord & Pick<CrossingLine, "mac">;

/** What has to be read of the trail for a risk; emergencies need what their openings say, too. */
const LOOKS: Readonly<Record<TrailRisk, readonly SearchConditions[]>> = {
  privilege: PRIVILEGE_ACTIONS.map((action) => ({ action, outcome: ["allow", "note"] })),
  reveal_hours: REVEAL_ACTIONS.map((action) => ({ action, outcome: ["allow"] })),
  denied_burst: [{ outcome: ["deny"] }],
  emergency: [{ action: "emergency.open", outcome: ["allow"] }],
  reason_other: [...REVEAL_ACTIONS, "emergency.open"].map((action) => ({ action, outcome: ["allow"] })),
};

/** The order of an export: by time, and by place where times are the same. */
const inTime = (a: RiskRecord, b: RiskRecord): number => a.atMs - b.atMs || (a.chain < b.chain ? -1 : a.chain > b.chain ? 1 : 0) || a.generation - b.generation || a.seq - b.seq;

/**
 * Finds what a review is about, from the trail. The search leads to the records; what is judged are the records themselves.
 *
 * @throws SallyportError `service.busy` while the search is behind the trail; `trailreview.size` where there is more than one review holds.
 */
export async function selectItems<Tx>(deps: Pick<ApiDeps<Tx>, "archive" | "search">, scope: SearchScope, asked: Selection): Promise<readonly TrailReviewItem[]> {
  if ((await chainsBehind(deps, scope, AbortSignal.timeout(10_000))).length > 0) throw new SallyportError("service.busy");
  const { fromMs, untilMs, risks } = asked;
  const looks = risks.flatMap((risk) => LOOKS[risk].map((conditions) => ({ ...conditions, fromMs, untilMs })));
  const found = new Map<string, Found>();
  await lookAt(deps, scope, looks, found);
  if (risks.includes("emergency")) await lookAt(deps, scope, await underEmergencies(deps, scope, asked), found);
  return itemsOf([...found.values()], asked);
}

/** Reads what fulfils any of these conditions, once. */
async function lookAt<Tx>(deps: Pick<ApiDeps<Tx>, "search">, scope: SearchScope, looks: readonly SearchConditions[], found: Map<string, Found>): Promise<void> {
  const distinct = new Map(looks.map((look) => [JSON.stringify(look), look]));
  for (const look of distinct.values()) {
    let after: SearchPlace | null = null;
    do {
      const page: readonly CrossingLine[] = await deps.search.lines(scope, look, { after, limit: PAGE });
      for (const { body, mac } of page) {
        const record = parseBody(body);
        found.set(`${record.chain} ${record.generation} ${record.seq}`, { ...rowOf(record), mac, detail: detailOf(record.detail) });
      }
      if (found.size > LOOKED_AT_MAX) throw new SallyportError("trailreview.size");
      after = page.length === PAGE ? (page.at(-1) ?? null) : null;
    } while (after !== null);
  }
}

/** What whoever opened an emergency read within its longest time: also of one that was opened shortly before the period. */
async function underEmergencies<Tx>(deps: Pick<ApiDeps<Tx>, "search">, scope: SearchScope, { fromMs, untilMs }: Selection): Promise<readonly SearchConditions[]> {
  const opened = new Map<string, Found>();
  await lookAt(deps, scope, [{ action: "emergency.open", outcome: ["allow"], fromMs: fromMs - EMERGENCY_MAX_MS, untilMs }], opened);
  return [...opened.values()].flatMap(({ principal, atMs }) =>
    UNDER_EMERGENCY.map((action) => ({ principal, action, outcome: ["allow"], fromMs: Math.max(fromMs, atMs), untilMs: Math.min(untilMs, atMs + EMERGENCY_MAX_MS) })).filter(
      (look) => look.fromMs < look.untilMs,
    ),
  );
}

/** The items among records: each with every risk that was asked for, in the order of time. Pure. */
export function itemsOf(records: readonly Found[], { risks, workFrom, workUntil }: Selection): readonly TrailReviewItem[] {
  const hours = { from: workFrom, until: workUntil };
  const wanted = TRAIL_RISKS.filter((risk) => risks.includes(risk));
  const bursts = wanted.includes("denied_burst")
    ? burstsOf(
        records.filter((record) => isDenial(record)),
        inTime,
      )
    : [];
  const burstAt = new Map(bursts.map((burst) => [burst.first, burst]));
  const risky = records.flatMap((record) => {
    const burst = burstAt.get(record);
    const its = wanted.filter((risk) => (risk === "denied_burst" ? burst !== undefined : RULES[risk](record, hours)));
    return its.length === 0 ? [] : [{ record, risks: its, burst }];
  });
  // What a bulk act put on record in sites' chains and in `system` is one thing to look at, at its site.
  const atSites = new Set(risky.filter(({ record }) => record.chain !== "system").map(({ record }) => actOf(record)));
  const once = risky.filter(({ record }) => record.chain !== "system" || record.requestId === "-" || !atSites.has(actOf(record)));
  if (once.length > ITEMS_MAX) throw new SallyportError("trailreview.size");
  return once
    .toSorted((a, b) => inTime(a.record, b.record))
    .map(({ record, risks: its, burst }, index) => {
      const { chain, generation, seq, mac, atMs, principal, role, action, resource, site, decision, reason } = record;
      const found = { chain, generation, seq, mac, atMs, principal, role, action, resource, site, decision, reason };
      return { item: index + 1, ...found, risks: its, burst: burst?.denials ?? 1, lastMs: burst?.lastMs ?? atMs };
    });
}

const actOf = ({ requestId, action }: RiskRecord): string => `${requestId} ${action}`;

/** Over what was asked for, and the place, MAC and risks of each item. */
export const selectionDigest = ({ study, site, fromMs, untilMs, risks, workFrom, workUntil }: Selection, items: readonly TrailReviewItem[]): string =>
  sha256Hex(
    canonicalJson([
      "sallyport/trail-review/v1",
      { study, site, fromMs, untilMs, risks: TRAIL_RISKS.filter((risk) => risks.includes(risk)), workFrom, workUntil },
      ...items.map(({ chain, generation, seq, mac, risks: its, burst, lastMs }) => [chain, generation, seq, mac, [...its], burst, lastMs]),
    ]),
  );
