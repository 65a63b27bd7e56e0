import { sealedUnder } from "@sallyport/crypto";
import { CONSENT, consentField, type FieldRow, type SubjectRow } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import { dataKeyId } from "../../keys/key-desk.ts";
import type { ApiDeps } from "../../ports.ts";
import { subjectKeyPlace } from "./subject-place.ts";

/** Which field a reveal asks for. */
interface Asked {
  readonly subjectId: string;
  /** `DOMAIN.VARIABLE`. */
  readonly field: string;
  readonly record: string;
  readonly version?: number | undefined;
}

interface FoundField {
  readonly subject: SubjectRow;
  readonly row: FieldRow;
}

const LOOKS_MAX = 3;

/** The one sealed field that is asked for: of the current version, of an older one, or from when consent is withdrawn. Null where there is none in reach. */
export async function findField<Tx>(deps: ApiDeps<Tx>, grant: Grant, asked: Asked): Promise<FoundField | null> {
  let found = await look(deps, grant, asked);
  // A subject and its field may be two looks: where it was sealed anew in between, both are taken again.
  for (let again = 0; again < LOOKS_MAX && found !== null && sealedUnder(found.row.sealed) !== dataKeyId(subjectKeyPlace(found.subject)); again += 1)
    found = await look(deps, grant, asked);
  return found;
}

async function look<Tx>(deps: ApiDeps<Tx>, grant: Grant, asked: Asked): Promise<FoundField | null> {
  const { subjectId, field, record, version } = asked;
  const domain = field.slice(0, field.indexOf("."));
  const name = field.slice(domain.length + 1);
  if (version !== undefined) {
    const found = await deps.subjectActs.versions(grant, { subject: subjectId, domain, record, version, name, limit: 1 });
    const row = found?.versions[0]?.fields[0];
    return found === null || row === undefined ? null : { subject: found.subject, row };
  }
  const opened = await deps.subjects.open(grant, subjectId, { names: [field], domain, record });
  if (opened === null) return null;
  const row = domain === CONSENT.domain ? await consentDate(deps, grant, asked) : opened.fields.find((each) => `${each.domain}.${each.name}` === field && each.record === record);
  return row === undefined || row === null ? null : { subject: opened.subject, row };
}

/** From when consent is withdrawn, where it is: of the withdrawal that stands, and of none that was an error. */
async function consentDate<Tx>(deps: ApiDeps<Tx>, grant: Grant, { subjectId, field, record }: Asked): Promise<FieldRow | null> {
  if (field !== `${CONSENT.domain}.${CONSENT.name}` || record !== "1") return null;
  const latest = (await deps.subjectActs.withdrawals(grant, subjectId))?.[0];
  return latest === undefined ? null : consentField(latest);
}
