import { z } from "zod";
import { AssignmentPlace, PrintedName, Username } from "./people.ts";
import { Count, IsoTime, Reason, RoleName } from "./primitives.ts";
import { strict } from "./strict.ts";
import { Evidence } from "./trail.ts";

/** A CSV file (RFC 4180) with a header line, at most 2,000 lines and 200,000 characters. */
export const CsvText = z.string().min(1).max(200_000);

/** What is wrong with a cell, a line, or the file. */
export const ImportProblem = z.enum([
  "quote",
  "too_long",
  "column_missing",
  "column_unknown",
  "column_twice",
  "cells",
  "formula",
  "form",
  "unknown",
  "oneself",
  "not_assignable",
  "needs_approval",
  "held",
  "registered",
  "line_twice",
]);

/** `line` counts from 1, the header being the first; `column` is null for what concerns the whole line or file. What stood there isn't repeated. */
export const ImportFault = z.strictObject({ line: Count, column: z.string().nullable(), problem: ImportProblem });

export const PreviewImportInput = strict({ csv: CsvText });
/** Every line is checked, and nothing is done. `effects` are empty where there is a fault: it is all or nothing. At most 500 faults are shown. */
export const PreviewImportOutput = strict({
  lines: Count,
  faults: z.array(ImportFault),
  effects: z.array(z.strictObject({ line: Count, what: z.string(), before: z.string().nullable(), after: z.string() })),
});

/** `people.previewImport`: the same of people who are to be invited, and what `approvals.requestInvite` takes for each of them. */
export const PreviewInvitationsOutput = strict({
  ...PreviewImportOutput.shape,
  invitations: z.array(z.strictObject({ line: Count, username: Username, printedName: PrintedName, role: RoleName, ...AssignmentPlace.shape, until: IsoTime.nullable() })),
});

/** Does what a preview showed, all of it or nothing: `import.invalid` where a line has a fault by now. */
export const RunImportInput = strict({ csv: CsvText, reason: Reason });
export const RunImportOutput = strict({ lines: Count, evidence: z.array(Evidence) });
