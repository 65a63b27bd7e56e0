import type { CrossingRow } from "./crossing-search.ts";
import type { Grant } from "./grant.ts";
import type { SiteRef } from "./model.ts";

/** What a review of the trail may look for (ADR 0046). */
export const TRAIL_RISKS = ["privilege", "reveal_hours", "denied_burst", "emergency", "reason_other"] as const;
export type TrailRisk = (typeof TRAIL_RISKS)[number];

/** A record that a rule found. */
export interface TrailReviewItem extends Omit<CrossingRow, "workload" | "requestId"> {
  /** From 1, in the order of time. */
  readonly item: number;
  /** Hex; names the very record. */
  readonly mac: string;
  /** In the order of {@link TRAIL_RISKS}. */
  readonly risks: readonly TrailRisk[];
  /** How many denials a burst has that begins with this one, and when the last was; 1 and the record's own time for everything else. */
  readonly burst: number;
  readonly lastMs: number;
}

/** What a reviewer said of an item. `text` names the sealed text; null where none was given. */
export interface TrailReviewEntry {
  readonly item: number;
  /** From 1 within its item. */
  readonly n: number;
  readonly kind: "ok" | "finding" | "comment";
  readonly by: string;
  readonly atMs: number;
  readonly text: { readonly id: string; readonly sealed: string; readonly commitment: string } | null;
}

/** An item with the last verdict on it. */
export interface StandingItem extends TrailReviewItem {
  /** The person behind the account, or the service itself. */
  readonly person: string;
  readonly verdict: { readonly kind: "ok" | "finding"; readonly by: string; readonly atMs: number } | null;
  readonly entries: number;
}

export interface TrailReviewRow {
  /** `atr_` and 26 characters of Crockford base32. */
  readonly id: string;
  /** `*` for the whole deployment. */
  readonly study: string;
  /** `*` for every site of the study. */
  readonly site: string;
  /** The sites that it looked at; none for the deployment. */
  readonly sites: readonly SiteRef[];
  /** From inclusive, until exclusive. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly risks: readonly TrailRisk[];
  /** Hours of the working day, UTC, Monday to Friday; until before from is over midnight. */
  readonly workFrom: number;
  readonly workUntil: number;
  readonly openedBy: string;
  readonly openedAtMs: number;
  readonly dueAtMs: number;
  /** Id of the sealed reason. */
  readonly reason: string;
  /** Over what was asked for and each item found; the same selection made again has the same. */
  readonly digest: string;
  readonly items: number;
  readonly decided: number;
  readonly findings: number;
  /** The person whom it is assigned to, since when and by whom; the last assignment counts. */
  readonly reviewer: { readonly person: string; readonly by: string; readonly atMs: number } | null;
  /** `cited` is the canonical text of the checkpoints that it was signed off against. */
  readonly signed: { readonly by: string; readonly atMs: number; readonly digest: string; readonly cited: string } | null;
}

type Opening = Omit<TrailReviewRow, "decided" | "findings" | "reviewer" | "signed">;

/**
 * Port: reviews of the trail. Items, assignments and entries are only ever added, none to a review that is signed off, and none by somebody who performed
 * an item of it. What takes a grant needs `trail.review`, and shows the reviews that the grants reach together.
 */
export interface TrailReviewStore<Tx> {
  /** Where one belongs: what a decision rests on. Null where there is none. */
  placeOf(id: string): Promise<Pick<TrailReviewRow, "study" | "site" | "sites"> | null>;
  open(tx: Tx, grant: Grant, row: Opening, items: readonly TrailReviewItem[]): Promise<void>;
  /** Newest first; those that aren't signed off before the others. */
  list(grants: readonly Grant[], limit: number): Promise<readonly TrailReviewRow[]>;
  get(grant: Grant, id: string): Promise<{ readonly row: TrailReviewRow; readonly items: readonly StandingItem[] } | null>;
  /** Reads one and holds it until the transaction ends. */
  lock(tx: Tx, grant: Grant, id: string): Promise<{ readonly row: TrailReviewRow; readonly items: readonly StandingItem[] } | null>;
  assign(tx: Tx, id: string, assignment: NonNullable<TrailReviewRow["reviewer"]>): Promise<void>;
  enter(tx: Tx, id: string, entry: Pick<TrailReviewEntry, "item" | "kind" | "by" | "atMs"> & { readonly principal: string; readonly text: string | null }): Promise<void>;
  /** What was said, in its order: of one item, or of all. */
  entries(grant: Grant, id: string, item: number | null): Promise<readonly TrailReviewEntry[]>;
  entriesIn(tx: Tx, id: string): Promise<readonly TrailReviewEntry[]>;
  sign(tx: Tx, id: string, signing: NonNullable<TrailReviewRow["signed"]> & { readonly reason: string }): Promise<void>;
  /** The sealed reasons of its opening and its sign-off. */
  sealed(grant: Grant, id: string): Promise<readonly NonNullable<TrailReviewEntry["text"]>[]>;
}
