import { type AuditRecord, type BundleReader, type BundleVerdict, conditionsOf, NAMES_FILE, parseExcerptLine, parseLine, recordsFile, type Vocabulary } from "@sallyport/audit";

/** What a report's cover says; every text as it is shown. */
export interface ReportFacts {
  readonly title: string;
  /** Name and value, in their order. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly proves: readonly string[];
  readonly doesNotProve: readonly string[];
  /** Of the excerpt's file, or of the bundle's manifest: what binds the report to it. */
  readonly sha256: string;
}

/** What a report is made of: an excerpt's one file, or a chain's bundle. It has been verified before. */
export interface ReportSource {
  readonly reader: BundleReader;
  /** The excerpt's name; null for a bundle. */
  readonly file: string | null;
  readonly verdict: BundleVerdict;
  readonly zone: string;
}

/** Word and meaning, of each word that the records used. */
export type Dictionary = readonly (readonly [word: string, meaning: string])[];

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

/** The names that an export gives for its principals; an excerpt's stand behind its records. */
export async function namesIn({ reader, file }: ReportSource): Promise<ReadonlyMap<string, string>> {
  if (file === null) {
    const given = JSON.parse(await reader.text(NAMES_FILE)) as Readonly<Record<string, unknown>>;
    return new Map(Object.entries(given).flatMap(([id, name]) => (typeof name === "string" ? [[id, name] as const] : [])));
  }
  const names = new Map<string, string>();
  for await (const text of reader.lines(file)) {
    if (!text.startsWith('{"names":')) continue;
    const line = parseExcerptLine(text.trimEnd());
    if (line.kind === "names") for (const [id, name] of Object.entries(line.names)) names.set(id, name);
  }
  return names;
}

async function* recordsIn({ reader, file, verdict }: ReportSource): AsyncGenerator<AuditRecord> {
  if (file === null) {
    for (const { generation } of verdict.generations) for await (const text of reader.lines(recordsFile(generation))) yield parseLine(text.trimEnd()).record;
    return;
  }
  for await (const text of reader.lines(file)) {
    if (!text.startsWith('{"line":')) continue;
    const line = parseExcerptLine(text.trimEnd());
    if (line.kind === "record") yield parseLine(line.line).record;
  }
}

/** An export's records, in its order; read anew each time. @param used - Gets the acts and reasons that they name. */
export async function* rowsIn(source: ReportSource, names: ReadonlyMap<string, string>, used: Set<string>): AsyncGenerator<ReportRow> {
  for await (const record of recordsIn(source)) {
    used.add(record.action).add(record.reason);
    yield rowOf(record, names, source.zone);
  }
}

/** What the words mean that the records used, as far as they are of this version. */
export function dictionaryOf(used: ReadonlySet<string>, { actions, reasons }: Vocabulary): Dictionary {
  return Object.entries({ ...actions, ...reasons })
    .filter(([word]) => used.has(word))
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

/** What the cover says of a verified export. */
export async function factsOf(source: ReportSource, names: ReadonlyMap<string, string>): Promise<ReportFacts> {
  const { verdict, zone, file } = source;
  const { deployment, asOf, records, checkpoints, fingerprint, pinned, handedOver, reads, proves, doesNotProve, chain, generations, manifest } = verdict;
  const given = handedOver === undefined ? ", which is the key that was given" : ", to which handovers lead from the key that was given";
  const asked = file === null ? null : await askedFor(source.reader, file);
  const sha256 = file === null ? (manifest ?? "") : (await source.reader.digest(file)).sha256;
  return {
    title: asked === null ? "Chain of an audit trail" : "Excerpt of an audit trail",
    facts: [
      ["Deployment", deployment],
      ...(asked === null
        ? ([
            ["Chain", chain],
            ["Generations", generations.map(({ generation }) => generation).join(", ")],
          ] as const)
        : ([["Asked for", asked.filter === "" ? "everything" : asked.filter]] as const)),
      ["Exported", asOf === null ? "" : `${asOf} (${localTime(asOf, zone)} ${zone})`],
      ...(asked === null ? [] : ([["By", `${names.get(asked.requestedBy) ?? asked.requestedBy} (${asked.requestedBy}), request ${asked.requestId}`]] as const)),
      ["Times", `in UTC and in ${zone}`],
      ["Holds", `${records} records, under ${checkpoints} checkpoints`],
      ["Verdict", reads],
      ["Signed with", `${fingerprint ?? ""}${pinned ? given : ""}`],
      [asked === null ? "SHA-256 of manifest.json" : "SHA-256 of the excerpt", sha256],
    ],
    proves,
    doesNotProve,
    sha256,
  };
}

interface Asked {
  readonly requestedBy: string;
  readonly requestId: string;
  readonly filter: string;
}

/** What an excerpt's header says of who asked for what. */
async function askedFor(reader: BundleReader, file: string): Promise<Asked> {
  let [requestedBy, requestId, asked] = ["", "", ""];
  for await (const text of reader.lines(file)) {
    const line = parseExcerptLine(text.trimEnd());
    if (line.kind !== "header") break;
    ({ requestedBy, requestId } = line.header);
    asked = conditionsOf(line.header).join(", ");
    break;
  }
  return { requestedBy, requestId, filter: asked };
}
