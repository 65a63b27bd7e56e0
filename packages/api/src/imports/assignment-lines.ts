import { IsoTime, PrincipalId, RoleName, SiteId, StudyId, Username } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { type Assignment, isPowerful } from "@sallyport/policy";
import { z } from "zod";
import { placeWords } from "../assignments/place-words.ts";
import { refusedPlace, refusedRole } from "../assignments/refused.ts";
import { wantedAt } from "../assignments/wanted.ts";
import type { ApiDeps } from "../ports.ts";
import { type Column, type Fault, type Problem, readTable } from "./table.ts";

const ALL = z.literal("*");

/** `who` is a person's user name, or a principal's id. */
const COLUMNS: readonly Column[] = [
  { name: "who", form: z.union([Username, PrincipalId]) },
  { name: "role", form: RoleName },
  { name: "study", form: z.union([StudyId, ALL]) },
  { name: "site", form: z.union([SiteId, ALL]) },
  { name: "from", form: IsoTime, isOptional: true },
  { name: "until", form: IsoTime, isOptional: true },
];

/** An assignment that a line asks for. */
export interface AssignmentLine {
  readonly line: number;
  readonly principal: string;
  readonly label: string;
  readonly assignment: Assignment;
}

const overlaps = (one: Assignment, other: Assignment): boolean =>
  one.role === other.role &&
  one.study === other.study &&
  one.site === other.site &&
  (one.untilMs === null || one.untilMs > other.fromMs) &&
  (other.untilMs === null || other.untilMs > one.fromMs);

/** The assignments that a file asks for, or what is wrong with it, as things stand now and for this caller. What needs two people isn't imported. */
export async function assignmentLines<Tx>(
  deps: ApiDeps<Tx>,
  csv: string,
  assigner: { readonly principal: string; readonly person: string },
): Promise<{ readonly lines: readonly AssignmentLine[]; readonly faults: readonly Fault[] }> {
  const nowMs = deps.now();
  const table = readTable(csv, COLUMNS);
  const { compiled, principals } = deps.policy.current();
  const people = await deps.people.people.list(nowMs);
  const byName = new Map(people.flatMap((person) => [[person.username, person] as const, [person.principal, person] as const]));
  const faults: Fault[] = [...table.faults];
  const lines: AssignmentLine[] = [];
  for (const { line, cells } of table.entries) {
    const { who = "", role = "", study = "", site = "", from = "", until = "" } = cells;
    const fault = (column: string | null, problem: Problem): void => void faults.push({ line, column, problem });
    const person = byName.get(who);
    const principal = principals.get(person?.principal ?? who);
    const asked = timesOf({ role, study, site, ...(from !== "" && { from }), ...(until !== "" && { until }) }, nowMs);
    const refused = refusedRole(deps, assigner.principal, role);
    if (principal === undefined || person?.status === "left") fault("who", "unknown");
    else if (principal.person === assigner.person) fault("who", "oneself");
    else if ((await refusedPlace(deps, study, site)) !== null) fault("site", "unknown");
    else if (refused !== null) fault("role", refused === "policy.denied" ? "not_assignable" : "unknown");
    else if (isPowerful(compiled.document, role)) fault("role", "needs_approval");
    else if (asked === null) fault("from", "form");
    else if (principal.assignments.some((held) => overlaps(held, asked)) || lines.some((earlier) => earlier.principal === principal.id && overlaps(earlier.assignment, asked))) {
      fault(null, "held");
    } else lines.push({ line, principal: principal.id, label: person === undefined ? principal.id : `${person.printedName} (${person.username})`, assignment: asked });
  }
  return { lines, faults };
}

function timesOf(wanted: Parameters<typeof wantedAt>[0], nowMs: number): Assignment | null {
  try {
    return wantedAt(wanted, nowMs);
  } catch (error) {
    if (error instanceof SallyportError) return null;
    throw error;
  }
}

/** A line's effect in words. */
export const assignmentEffect = ({ line, label, assignment: { role, study, site, fromMs, untilMs } }: AssignmentLine) => ({
  line,
  what: `${role} ${placeWords(study, site)}, from ${new Date(fromMs).toISOString()}${untilMs === null ? "" : ` until ${new Date(untilMs).toISOString()}`}`,
  before: null,
  after: `held by ${label}`,
});
