import { isSiteToken } from "@sallyport/policy";
import type { Column, DataType, FieldValue } from "./dataset.ts";
import { DatasetFaults, refuse } from "./dataset-faults.ts";
import { assertCount, type DatasetHead } from "./dataset-head.ts";
import { DigestSet } from "./digest-set.ts";
import { flattenResource } from "./flatten-resource.ts";
import { JsonStream } from "./json-stream.ts";
import type { DatasetRow, OpenedDataset } from "./open-dataset.ts";
import { type Carrier, PatientFile, type PatientLimits } from "./patient-file.ts";
import type { Binding, Naming, Profile } from "./profile.ts";
import { isIdentifier } from "./row-checks.ts";

const COLUMNS_MAX = 1_000;
const BATCH_ROWS = 500;

/** A resource as it is read: its variables, and whom and which site it names. */
interface Patient {
  readonly variables: ReadonlyMap<string, FieldValue>;
  readonly named: NonNullable<DatasetRow["named"]>;
}

/**
 * Opens a file of FHIR R4 Patient resources: NDJSON as bulk data has it, one resource, or a Bundle; in bounded memory whatever its size.
 * Its columns are the paths that occur in it, in the order in which they do (docs/spec/profile-v1.md §4); a path that a resource doesn't have
 * is null in its row, and isn't stored.
 *
 * References aren't followed. Every resource is a Patient with one identifier of the profile's system, and with the site that the profile says.
 *
 * @throws SallyportError `packet.invalid` with up to 50 places, never a value; whatever the source throws.
 */
export async function openPatients(source: () => AsyncIterable<Uint8Array>, profile: Profile, limits?: PatientLimits): Promise<OpenedDataset> {
  const { columns, records, carrier } = await readPaths(source(), profile.binding, limits);
  const head: DatasetHead = {
    standardVersion: "R4",
    format: carrier === "lines" ? "ndjson" : "json",
    name: profile.binding.domain,
    label: "Patient",
    studyOid: "",
    columns,
    records,
    binds: true,
    isSparse: true,
  };
  return { head, rows: () => rowsOf(source(), profile.binding, head, limits) };
}

/** Reads a file whole: it is right, and these are its paths. */
async function readPaths(source: AsyncIterable<Uint8Array>, binding: Binding, limits: PatientLimits | undefined) {
  const types = new Map<string, DataType>();
  let records = 0;
  const faults = new DatasetFaults();
  const file = await eachPatient(source, binding, faults, limits, ({ variables }) => {
    records += 1;
    assertCount(records, true);
    for (const [path, value] of variables) if (!types.has(path)) types.set(path, typeOf(value));
    if (types.size > COLUMNS_MAX) refuse("the file", "has more paths than are read");
  });
  faults.throwIfAny();
  const columns = [...types].map(([name, type]): Column => ({ name, label: name, type, length: null, key: null }));
  return { columns, records, carrier: file.carrier satisfies Carrier };
}

const typeOf = (value: FieldValue): DataType => (typeof value === "boolean" ? "boolean" : typeof value === "number" ? "double" : "string");

async function* rowsOf(source: AsyncIterable<Uint8Array>, binding: Binding, head: DatasetHead, limits: PatientLimits | undefined): AsyncGenerator<readonly DatasetRow[]> {
  const at = new Map(head.columns.map(({ name }, index) => [name, index]));
  const faults = new DatasetFaults();
  const stream = new JsonStream(source, faults);
  const reader = new PatientReader(binding, faults);
  let batch: DatasetRow[] = [];
  try {
    for await (const resource of new PatientFile(stream, limits).resources()) {
      const patient = reader.take(resource);
      if (patient === null || [...patient.variables.keys()].some((path) => !at.has(path))) refuse("the file", "changed while it was read");
      const cells: FieldValue[] = head.columns.map(({ name }) => patient.variables.get(name) ?? null);
      batch.push({ row: reader.rows, cells, named: patient.named });
      if (batch.length < BATCH_ROWS) continue;
      yield batch;
      batch = [];
    }
    if (reader.rows !== head.records) refuse("the file", "changed while it was read");
    if (batch.length > 0) yield batch;
  } finally {
    await stream.close();
  }
}

async function eachPatient(
  source: AsyncIterable<Uint8Array>,
  binding: Binding,
  faults: DatasetFaults,
  limits: PatientLimits | undefined,
  see: (patient: Patient) => void,
): Promise<PatientFile> {
  const stream = new JsonStream(source, faults);
  const file = new PatientFile(stream, limits);
  const reader = new PatientReader(binding, faults);
  try {
    for await (const resource of file.resources()) {
      const patient = reader.take(resource);
      if (patient !== null) see(patient);
      if (faults.isFull) faults.throwAll();
    }
    return file;
  } finally {
    await stream.close();
  }
}

/** Reads the resources of one file, in their order, and keeps where they are wrong in themselves or beside those before them. */
class PatientReader {
  readonly #binding: Binding;
  readonly #faults: DatasetFaults;
  readonly #ids = new DigestSet();
  readonly #subjects = new DigestSet();
  #rows = 0;

  constructor(binding: Binding, faults: DatasetFaults) {
    this.#binding = binding;
    this.#faults = faults;
  }

  /** How many resources were taken. */
  get rows(): number {
    return this.#rows;
  }

  /** The next resource; null where it is wrong, which the faults then say. */
  take(resource: unknown): Patient | null {
    this.#rows += 1;
    const before = this.#faults.count;
    const wrong = (fault: string, at = ""): null => {
      this.#faults.add(`row ${this.#rows}${at}`, fault);
      return null;
    };
    if (typeof resource !== "object" || resource === null || Array.isArray(resource) || (resource as Record<string, unknown>)["resourceType"] !== "Patient")
      return wrong("not a Patient", ", resourceType");
    const variables = flattenResource(resource, (why) => void wrong(why));
    const subject = this.#subjectOf((resource as Record<string, unknown>)["identifier"], (fault) => wrong(fault, ", identifier"));
    const site = siteOf(variables, this.#binding.site, (fault) => wrong(fault, `, ${this.#binding.site.path}`));
    const id = variables.get("id") ?? null;
    if (id !== null && !this.#ids.add(JSON.stringify(id))) wrong("given to an earlier row", ", id");
    if (subject !== null && !this.#subjects.add(JSON.stringify(subject))) wrong("the subject is named in an earlier row");
    return this.#faults.count > before || subject === null || site === null ? null : { variables, named: { subject, site } };
  }

  /** The value of the one identifier of the profile's system. */
  #subjectOf(identifiers: unknown, wrong: (fault: string) => null): string | null {
    const ours = (Array.isArray(identifiers) ? identifiers : []).filter(
      (each: unknown) => typeof each === "object" && each !== null && (each as Record<string, unknown>)["system"] === this.#binding.subject.system,
    ) as readonly Record<string, unknown>[];
    if (ours.length === 0) return wrong("none of the system that names the subject");
    if (ours.length > 1) return wrong("more than one of the system that names the subject");
    const value = ours[0]?.["value"];
    return typeof value === "string" && value !== "" && isIdentifier(value) ? value : wrong("not spelled as it must be");
  }
}

/** The site that a resource names, by an identifier of a system or behind a prefix. */
function siteOf(variables: ReadonlyMap<string, FieldValue>, { path, system, prefix }: Naming, wrong: (fault: string) => null): string | null {
  if (system !== null && variables.get(`${path}.system`) !== system) return wrong("missing, or not of the system that names the site");
  const value = variables.get(system === null ? path : `${path}.value`) ?? null;
  if (typeof value !== "string" || !value.startsWith(prefix)) return wrong("missing, or not a reference that names the site");
  const site = value.slice(prefix.length);
  return isSiteToken(site) ? site : wrong("not spelled as it must be");
}
