import { IsoTime, PrintedName, RoleName, SiteId, StudyId, Username } from "@sallyport/contracts";
import { z } from "zod";
import { placeWords } from "../assignments/place-words.ts";
import { refusedPlace, refusedRole } from "../assignments/refused.ts";
import type { ApiDeps } from "../ports.ts";
import { type Column, type Fault, type Problem, readTable } from "./table.ts";

const ALL = z.literal("*");

const COLUMNS: readonly Column[] = [
  { name: "username", form: Username },
  { name: "name", form: PrintedName },
  { name: "role", form: RoleName },
  { name: "study", form: z.union([StudyId, ALL]) },
  { name: "site", form: z.union([SiteId, ALL]) },
  { name: "until", form: IsoTime, isOptional: true },
];

/** Somebody whom a line asks to invite. */
export interface InvitationLine {
  readonly line: number;
  readonly username: string;
  readonly printedName: string;
  readonly role: string;
  readonly study: string;
  readonly site: string;
  readonly until: string | null;
}

/** The people whom a file asks to invite, or what is wrong with it, as things stand now and for this caller. */
export async function invitationLines<Tx>(
  deps: ApiDeps<Tx>,
  csv: string,
  asker: { readonly principal: string },
): Promise<{ readonly lines: readonly InvitationLine[]; readonly faults: readonly Fault[] }> {
  const nowMs = deps.now();
  const table = readTable(csv, COLUMNS);
  const taken = new Set((await deps.people.people.list(nowMs)).map(({ username }) => username));
  const faults: Fault[] = [...table.faults];
  const lines: InvitationLine[] = [];
  for (const { line, cells } of table.entries) {
    const { username = "", name = "", role = "", study = "", site = "", until = "" } = cells;
    const fault = (column: string, problem: Problem): void => void faults.push({ line, column, problem });
    const refused = refusedRole(deps, asker.principal, role);
    if (taken.has(username)) fault("username", "registered");
    else if (lines.some((earlier) => earlier.username === username)) fault("username", "line_twice");
    else if (refused !== null) fault("role", refused === "policy.denied" ? "not_assignable" : "unknown");
    else if ((await refusedPlace(deps, study, site)) !== null) fault("site", "unknown");
    else if (until !== "" && Date.parse(until) <= nowMs) fault("until", "form");
    else lines.push({ line, username, printedName: name.trim(), role, study, site, until: until === "" ? null : until });
  }
  return { lines, faults };
}

/** A line's effect in words. */
export const invitationEffect = ({ line, username, printedName, role, study, site, until }: InvitationLine) => ({
  line,
  what: `${printedName} (${username})`,
  before: null,
  after: `asked to be invited as ${role} ${placeWords(study, site)}${until === null ? "" : ` until ${until}`}`,
});
