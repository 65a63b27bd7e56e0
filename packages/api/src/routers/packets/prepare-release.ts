import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import {
  cdiscSdtm,
  type FieldRow,
  labelOf,
  lookupOf,
  type NewSubjectRow,
  openFields,
  openPacket,
  planRelease,
  readDataset,
  type RecordRow,
  sealRecord,
  cellsOf,
} from "@sallyport/phi";
import { type Grant, siteKey } from "@sallyport/policy";
import type { ApiDeps } from "../../ports.ts";
import { subjectKeyPlace } from "../subjects/subject-place.ts";
import { packetKeyPlace } from "./packet-place.ts";

/** Everything that a release writes, sealed, and what it was planned from. */
export interface PreparedRelease {
  readonly lookups: readonly string[];
  /** The stored subjects and versions that the plan was made from; see {@link stateOf}. */
  readonly basis: string;
  /** The ids of the subjects that are stored already: locked before they are looked at again. */
  readonly known: readonly string[];
  readonly subjects: readonly NewSubjectRow[];
  readonly records: readonly RecordRow[];
  readonly fields: readonly FieldRow[];
  readonly counts: { readonly created: number; readonly updated: number; readonly unchanged: number };
  /** How many of the updated subjects have withdrawn consent. */
  readonly withdrawn: number;
  /** The site of each subject of the packet, as `study/site`. */
  readonly sites: readonly string[];
}

type Found<Tx> = Awaited<ReturnType<ApiDeps<Tx>["subjects"]["find"]>>;

/** The stored state of a packet's subjects, as one text: who is there, and at which version. */
export const stateOf = <Tx>(found: Found<Tx>): string =>
  found
    .map(({ subject, fields }) => `${subject.id} ${subject.site} ${subject.withdrawnAtMs ?? "-"} ${fields.reduce((most, { version }) => Math.max(most, version), 0)}`)
    .toSorted()
    .join("\n");

/** Opens the packet, plans its release against what is stored, and seals what is new. Nothing is written; keys are made before any transaction. */
export async function prepareRelease<Tx>(deps: ApiDeps<Tx>, grant: Grant, packetId: string, collectedBeforeWithdrawal: boolean): Promise<PreparedRelease> {
  const packet = await deps.packets.get(grant, packetId);
  if (packet === null) throw new SallyportError("policy.denied");
  if (packet.state !== "quarantined") throw new SallyportError("packet.state");
  const study = (await deps.studies.all()).find(({ id }) => id === packet.study);
  if (study === undefined) throw new SallyportError("policy.denied");
  const packetKey = await deps.keys.open(packetKeyPlace(packet), packet.wrapped);
  const dataset = await readDataset(openPacket(packetKey, packet.id, await deps.packets.chunks(grant, packet.id)).toString("utf8"));

  const { lookup: lookupKey } = await deps.referenceKeys();
  const find = (usubjid: string): string => lookupOf(lookupKey.key, study.id, usubjid);
  const lookups = cellsOf(dataset, "USUBJID").map((usubjid) => find(String(usubjid)));
  const stored = await deps.read((tx) => deps.subjects.find(tx, grant, study.id, lookups));
  const storedKeys = await deps.keys.openAll(stored.map(({ subject }) => ({ place: subjectKeyPlace(subject), wrapped: subject.wrapped })));
  const keyOf = new Map(stored.map(({ subject }, at) => [subject.id, storedKeys[at]]));
  const existing = stored.map(({ lookup, subject, fields }, at) => {
    const key = storedKeys[at];
    if (key === undefined) throw new SallyportError("keys.unavailable");
    return { lookup, subject, fields: openFields(grant, key, subject, fields) };
  });

  const plan = planRelease({ grant, dataset, profile: cdiscSdtm, study, existing, lookupOf: find, collectedBeforeWithdrawal });
  const fresh = plan.created.map((created) => ({ ...created, id: newId("sub") }));
  const freshKeys = await deps.keys.create(fresh.map(({ id, site }) => subjectKeyPlace({ id, ...site })));
  const sealed = [
    ...fresh.map(({ id, site, record }, at) => {
      const key = freshKeys[at]?.key;
      if (key === undefined) throw new SallyportError("keys.unavailable");
      return sealRecord(grant, key, { id, ...site }, record);
    }),
    ...plan.updated.map(({ subject, record }) => {
      const key = keyOf.get(subject.id);
      if (key === undefined) throw new SallyportError("keys.unavailable");
      return sealRecord(grant, key, subject, record);
    }),
  ];
  const kept = [...plan.updated, ...plan.unchanged].map(({ subject }) => siteKey(subject));
  return {
    lookups,
    basis: stateOf(stored),
    known: stored.map(({ subject }) => subject.id),
    subjects: fresh.map(({ id, lookup, site }, at) => ({ id, lookup, ...site, label: labelOf(id), wrapped: freshKeys[at]?.wrapped ?? "" })),
    records: sealed.map(({ record }) => record),
    fields: sealed.flatMap(({ fields }) => fields),
    withdrawn: plan.updated.filter(({ subject }) => subject.withdrawnAtMs !== null).length,
    counts: { created: plan.created.length, updated: plan.updated.length, unchanged: plan.unchanged.length },
    sites: [...fresh.map(({ site }) => siteKey(site)), ...kept],
  };
}
