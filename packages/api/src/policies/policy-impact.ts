import type { PolicyImpact } from "@sallyport/contracts";
import {
  assigningImpactOf,
  type AssigningRow,
  byPerson,
  type CompiledPolicy,
  type Impact,
  impactOf,
  type ImpactSpace,
  separationImpactOf,
  type SeparationRow,
  siteKey,
  type Standing,
} from "@sallyport/policy";
import type { z } from "zod";
import { csvLine } from "../crossings/csv-cell.ts";

const ROWS_MAX = 2000;
/** People whose impact is worked out in one go. */
const PEOPLE_TURN = 10;

/** All that a change comes to: decisions, who may assign which role, and whose acts are kept apart. */
export interface WholeImpact extends Impact {
  readonly assigning: readonly AssigningRow[];
  readonly separation: readonly SeparationRow[];
}

/** The impact, made a few people at a time, each with all their accounts: other crossings get their turn in between, however large the deployment is. */
export async function impactInTurns(before: CompiledPolicy, after: CompiledPolicy, space: ImpactSpace): Promise<WholeImpact> {
  const people = [...byPerson(space.principals).values()];
  const parts: WholeImpact[] = [];
  for (let at = 0; at < people.length; at += PEOPLE_TURN) {
    const turn = { ...space, principals: people.slice(at, at + PEOPLE_TURN).flat() };
    parts.push({ ...impactOf(before, after, turn), assigning: assigningImpactOf(before, after, turn), separation: separationImpactOf(before, after, turn) });
    await new Promise((resume) => setImmediate(resume));
  }
  const sum = (count: "gained" | "lost" | "altered"): number => parts.reduce((total, part) => total + part[count], 0);
  return {
    rows: parts.flatMap(({ rows }) => rows),
    gained: sum("gained"),
    lost: sum("lost"),
    altered: sum("altered"),
    assigning: parts.flatMap(({ assigning }) => assigning),
    separation: parts.flatMap(({ separation }) => separation),
  };
}

type Names = Readonly<Record<string, string>>;
const standingSummary = ({ allowed, fields }: Standing) => ({ allowed, readable: [...fields.readable], masked: [...fields.masked] });
const timeOf = (fromMs: number | null): string | null => (fromMs === null ? null : new Date(fromMs).toISOString());

/** The impact as it is told: of each kind the first rows, and of how many. */
export const impactSummary = ({ rows, assigning, separation, gained, lost, altered }: WholeImpact, names: Names): z.input<typeof PolicyImpact> => ({
  gained,
  lost,
  altered,
  rows: rows.slice(0, ROWS_MAX).map(({ principal, before, after, sites, fromMs, ...row }) => ({
    ...row,
    principal,
    principalName: names[principal] ?? null,
    before: standingSummary(before),
    after: standingSummary(after),
    sites: sites.map(siteKey),
    from: timeOf(fromMs),
  })),
  isMore: rows.length > ROWS_MAX,
  assigning: assigning.slice(0, ROWS_MAX).map(({ principal, fromMs, ...row }) => ({ ...row, principal, principalName: names[principal] ?? null, from: timeOf(fromMs) })),
  assigningCount: assigning.length,
  separation: separation.slice(0, ROWS_MAX).map(({ person, principals, sites, fromMs, ...row }) => ({
    ...row,
    person,
    principals: principals.map((principal) => ({ principal, name: names[principal] ?? null })),
    sites: sites.map(siteKey),
    from: timeOf(fromMs),
  })),
  separationCount: separation.length,
});

const COLUMNS = ["kind", "principal", "name", "what", "signed in by", "before", "after", "places", "from"];
const EVERYWHERE = "every site";
const standingText = ({ allowed, fields: { readable, masked } }: Standing): string =>
  allowed ? ["allowed", ...readable.map((field) => `reads ${field}`), ...masked.map((field) => `masks ${field}`)].join("; ") : "denied";
const mayText = (may: boolean): string => (may ? "allowed" : "denied");
const placesText = ({ sites, deployment }: Pick<SeparationRow, "sites" | "deployment">): string => [...(deployment ? ["deployment"] : []), ...sites.map(siteKey)].join(" ");

/** The whole impact as CSV, one line for each row of each kind. */
export function impactFile({ rows, assigning, separation }: WholeImpact, names: Names): string {
  const from = (fromMs: number | null): string => timeOf(fromMs) ?? "-";
  const lines: readonly (readonly string[])[] = [
    COLUMNS,
    ...rows.map((row) => [
      "right",
      row.principal,
      names[row.principal] ?? "-",
      `${row.action} ${row.resource}`,
      row.signedInBy,
      standingText(row.before),
      standingText(row.after),
      placesText(row),
      from(row.fromMs),
    ]),
    ...assigning.map(({ principal, role, signedInBy, before, after, fromMs }) => [
      "assigning",
      principal,
      names[principal] ?? "-",
      role,
      signedInBy,
      mayText(before),
      mayText(after),
      EVERYWHERE,
      from(fromMs),
    ]),
    ...separation.map((row) => [
      "both acts",
      row.principals.join(" "),
      row.principals.map((principal) => names[principal] ?? "-").join("; "),
      `${row.first} then ${row.second}`,
      "any",
      mayText(row.before),
      mayText(row.after),
      placesText(row),
      from(row.fromMs),
    ]),
  ];
  return lines.map((cells) => `${csvLine(cells)}\r\n`).join("");
}
