import { SallyportError } from "@sallyport/errors";
import type { Grant, SiteRef } from "@sallyport/policy";
import type { Dataset, FieldValue } from "./dataset.ts";
import { refuse } from "./dataset-faults.ts";
import { Phi } from "./phi.ts";
import type { StudyRow, SubjectRow } from "./ports.ts";
import { classify, type Profile } from "./profile.ts";
import { assertRegistered } from "./registered.ts";
import { encodeField, type FieldView, type PlainField } from "./sealed-record.ts";

/** A subject that is stored already, with its current fields as a releasing grant has opened them. */
export interface ExistingSubject {
  readonly lookup: string;
  readonly subject: SubjectRow;
  readonly fields: readonly FieldView[];
}

/** A version of a record to be sealed and written, with all its fields. */
export interface PlannedRecord {
  readonly domain: string;
  readonly record: string;
  readonly version: number;
  /** As in {@link ReleasePlan}; absent for a first version. */
  readonly changed?: readonly string[];
  readonly fields: readonly PlainField[];
}

/** What a release would do. Rows are the file's, from 1. */
export interface ReleasePlan {
  readonly created: readonly { readonly row: number; readonly lookup: string; readonly site: SiteRef; readonly record: PlannedRecord }[];
  /** `changed` names the variables whose value or classification differs, or that came or went; never the values. */
  readonly updated: readonly { readonly row: number; readonly subject: SubjectRow; readonly record: PlannedRecord; readonly changed: readonly string[] }[];
  readonly unchanged: readonly { readonly row: number; readonly subject: SubjectRow }[];
}

export interface ReleaseRequest {
  /** A grant for `packet.release` that reaches every site of the dataset. */
  readonly grant: Grant;
  readonly dataset: Dataset;
  readonly profile: Profile;
  readonly study: Pick<StudyRow, "id" | "sites">;
  readonly existing: readonly ExistingSubject[];
  /** The subject's lookup, under the deployment's key. */
  readonly lookupOf: (usubjid: string) => string;
  /** Whether the releasing person states that what comes for withdrawn subjects was collected before they withdrew (ADR 0020). */
  readonly collectedBeforeWithdrawal?: boolean;
}

const WHERE_MAX = 50;
/** DM has one record per subject. */
const RECORD = "1";

/**
 * Works out what releasing a DM dataset would create, update and leave. Nothing is written and nothing is sealed here.
 *
 * A subject is bound to its site at its first release: a row that puts it elsewhere contradicts what is stored, and then
 * the whole release is refused. Values that differ make a new version of the record with all its fields; old versions stay.
 *
 * @throws SallyportError `packet.conflict` and `packet.withdrawn` naming rows only; `packet.invalid` for another domain, study or an unregistered
 * site; `policy.denied` where the grant doesn't reach a site; `phi.integrity` where stored fields are of several versions.
 */
export function planRelease(request: ReleaseRequest): ReleasePlan {
  const { grant, dataset, study, existing, lookupOf } = request;
  grant.assert("packet.release");
  if (dataset.name !== "DM") refuse("name", "not a domain that can be released yet");
  assertRegistered(dataset, study);
  const known = new Map(existing.map((one) => [one.lookup, one]));
  const plan: { created: ReleasePlan["created"][number][]; updated: ReleasePlan["updated"][number][]; unchanged: ReleasePlan["unchanged"][number][] } = {
    created: [],
    updated: [],
    unchanged: [],
  };
  const conflicts: string[] = [];
  const withdrawn: string[] = [];
  for (const [index, cells] of dataset.rows.entries()) {
    const row = index + 1;
    const { usubjid, site, fields } = rowOf(request, cells);
    if (!grant.covers(site)) throw new SallyportError("policy.denied", { rule: grant.rule });
    const lookup = lookupOf(usubjid);
    const stored = known.get(lookup);
    if (stored === undefined) {
      plan.created.push({ row, lookup, site, record: { domain: dataset.name, record: RECORD, version: 1, fields } });
    } else if (stored.subject.study !== site.study || stored.subject.site !== site.site) {
      conflicts.push(`row ${row}: the subject belongs to another site`);
    } else {
      const { version, changed } = difference(grant, stored, dataset.name, fields);
      if (version > 0 && changed.length === 0) plan.unchanged.push({ row, subject: stored.subject });
      else {
        if (stored.subject.withdrawnAtMs !== null) withdrawn.push(`row ${row}: the subject has withdrawn consent`);
        const record = { domain: dataset.name, record: RECORD, version: version + 1, fields };
        plan.updated.push({ row, subject: stored.subject, changed, record: version === 0 ? record : { ...record, changed } });
      }
    }
  }
  if (conflicts.length > 0) throw new SallyportError("packet.conflict", { where: conflicts.slice(0, WHERE_MAX) });
  if (withdrawn.length > 0 && request.collectedBeforeWithdrawal !== true) throw new SallyportError("packet.withdrawn", { where: withdrawn.slice(0, WHERE_MAX) });
  return plan;
}

function rowOf(
  { dataset, profile, study }: ReleaseRequest,
  cells: readonly FieldValue[],
): { readonly usubjid: string; readonly site: SiteRef; readonly fields: readonly PlainField[] } {
  const textOf = (variable: string): string => {
    const value = cells[dataset.columns.findIndex(({ name }) => name === variable)];
    if (typeof value !== "string") throw new SallyportError("packet.invalid", { where: [`column ${variable}: missing`] });
    return value;
  };
  const site: SiteRef = { study: study.id, site: textOf("SITEID") };
  const fields = dataset.columns.map(({ name }, index): PlainField => {
    const { classification } = classify(profile, dataset.name, name);
    return { name, classification, value: new Phi<FieldValue>(cells[index] ?? null, { site, classification }) };
  });
  return { usubjid: textOf("USUBJID"), site, fields };
}

/** The stored version (0 where there is none) and the variables in which the new fields differ from it. */
function difference(
  grant: Grant,
  { fields: stored }: ExistingSubject,
  domain: string,
  fields: readonly PlainField[],
): { readonly version: number; readonly changed: readonly string[] } {
  const current = stored.filter((field) => field.domain === domain && field.record === RECORD);
  const version = current[0]?.version ?? 0;
  if (current.some((field) => field.version !== version)) throw new SallyportError("phi.integrity");
  const before = new Map(current.map((field) => [field.name, field.shown === "open" ? encodeField(field.classification, field.value.open(grant)) : null]));
  const after = new Map(fields.map(({ name, classification, value }) => [name, encodeField(classification, value.open(grant))]));
  return { version, changed: [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name)) };
}
