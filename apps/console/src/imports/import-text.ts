import type { OutputOf } from "../api/procedures.ts";

export type Preview = OutputOf<"assignments.previewImport">;
type Problem = Preview["faults"][number]["problem"];

/** What is wrong with a cell, a line or a file, and what helps. What stood there is never repeated. */
export const PROBLEM_TEXT: Readonly<Record<Problem, string>> = {
  quote: "a quotation mark opens or closes nothing",
  too_long: "the file has more than 2,000 lines",
  column_missing: "this column is missing",
  column_unknown: "this column isn't one of those that are read",
  column_twice: "this column is there twice",
  cells: "the line has more or fewer cells than the header",
  formula: "a spreadsheet would take this for a formula",
  form: "this isn't written as it has to be, or is a time that has passed",
  unknown: "there is no such one here",
  oneself: "this is about yourself",
  not_assignable: "your roles don't assign this one",
  needs_approval: "this role takes a second person: ask for it by itself",
  held: "this is held there in that time already",
  registered: "this is registered already",
  line_twice: "this stands in an earlier line too",
};

export type ImportKind = "assignments" | "people" | "sites";

interface ImportFacts {
  readonly previews: "assignments.previewImport" | "people.previewImport" | "studies.previewSites";
  /** Whatever its columns are, and what may be left out. */
  readonly columns: string;
  readonly example: string;
  readonly lead: string;
}

/** What can be imported, and how its file is written. */
export const IMPORTS: Readonly<Record<ImportKind, ImportFacts>> = {
  assignments: {
    previews: "assignments.previewImport",
    columns: "who, role, study, site, and from and until where there are any",
    example: "who,role,study,site,from,until\nclara,clinical_reviewer,CDISCPILOT01,701,,2027-06-30T16:00:00.000Z",
    lead: "Who gets which role where. All lines are done in one act, or none. Roles that take a second person are asked for one by one.",
  },
  people: {
    previews: "people.previewImport",
    columns: "username, name, role, study, site, and until where there is one",
    example: "username,name,role,study,site,until\nlea.low,Lea Low,auditor,CDISCPILOT01,701,2027-06-30T16:00:00.000Z",
    lead: "New people. Each line becomes a request of its own, since a second person has to approve each invitation.",
  },
  sites: {
    previews: "studies.previewSites",
    columns: "study, site, name, country",
    example: "study,site,name,country\nCDISCPILOT01,719,Lakeside Clinic,USA",
    lead: "Sites of studies that are registered. All lines are done in one act, or none, and each site gets a chain of its own.",
  },
};
