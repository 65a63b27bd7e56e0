import { type AuditRecord, type BundleReader, type BundleVerdict, parseExcerptLine, parseLine } from "@sallyport/audit";

/** What a report's cover says; every text as it is shown. */
export interface ReportFacts {
  readonly title: string;
  /** Name and value, in their order. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly proves: readonly string[];
  readonly doesNotProve: readonly string[];
  /** Of the excerpt's file: what binds the report to it. */
  readonly sha256: string;
}

/** One record as a report shows it: a cell a column. */
export type ReportRow = readonly string[];

export const COLUMNS = ["When, UTC", "When, local", "Who", "Act", "On", "Where", "Outcome", "Record"] as const;

/** Local time of a zone, spelt as UTC is. */
function localTime(utc: string, zone: string): string {
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  return parts.format(new Date(utc));
}

function rowOf(record: AuditRecord, names: ReadonlyMap<string, string>, zone: string): ReportRow {
  const { timestamp_utc: at, principal, role, action, resource, site, decision, reason, chain, generation, seq } = record;
  const name = names.get(principal);
  return [
    at.replace("T", " "),
    localTime(at, zone),
    `${name === undefined ? principal : `${name} (${principal})`}${role === "-" ? "" : `, ${role}`}`,
    action,
    resource,
    site === "-" ? "" : site,
    reason === "-" ? decision : `${decision}: ${reason}`,
    `${chain} ${generation}/${seq}`,
  ];
}

/** The names that an excerpt gives for its principals; they stand behind its records. */
export async function namesIn(reader: BundleReader, file: string): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for await (const text of reader.lines(file)) {
    if (!text.startsWith('{"names":')) continue;
    const line = parseExcerptLine(text.trimEnd());
    if (line.kind === "names") for (const [id, name] of Object.entries(line.names)) names.set(id, name);
  }
  return names;
}

/** An excerpt's records, in its order; read anew each time. It has been verified before. */
export async function* rowsIn(reader: BundleReader, file: string, names: ReadonlyMap<string, string>, zone: string): AsyncGenerator<ReportRow> {
  for await (const text of reader.lines(file)) {
    if (!text.startsWith('{"line":')) continue;
    const line = parseExcerptLine(text.trimEnd());
    if (line.kind === "record") yield rowOf(parseLine(line.line).record, names, zone);
  }
}

/** What the cover says of a verified excerpt. */
export async function factsOf(reader: BundleReader, file: string, verdict: BundleVerdict, names: ReadonlyMap<string, string>, zone: string): Promise<ReportFacts> {
  let [requestedBy, requestId, asked] = ["", "", ""];
  for await (const text of reader.lines(file)) {
    const line = parseExcerptLine(text.trimEnd());
    if (line.kind !== "header") break;
    ({ requestedBy, requestId } = line.header);
    asked = Object.entries(line.header.filter)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ");
    break;
  }
  const { sha256 } = await reader.digest(file);
  const { deployment, asOf, records, checkpoints, fingerprint, pinned, handedOver, reads, proves, doesNotProve } = verdict;
  const given = handedOver === undefined ? ", which is the key that was given" : ", to which handovers lead from the key that was given";
  return {
    title: "Excerpt of an audit trail",
    facts: [
      ["Deployment", deployment],
      ["Asked for", asked === "" ? "everything" : asked],
      ["Exported", asOf === null ? "" : `${asOf} (${localTime(asOf, zone)} ${zone})`],
      ["By", `${names.get(requestedBy) ?? requestedBy} (${requestedBy}), request ${requestId}`],
      ["Holds", `${records} records, under ${checkpoints} checkpoints`],
      ["Verdict", reads],
      ["Signed with", `${fingerprint ?? ""}${pinned ? given : ""}`],
      ["SHA-256 of the excerpt", sha256],
    ],
    proves,
    doesNotProve,
    sha256,
  };
}
