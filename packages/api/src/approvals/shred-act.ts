import { Day, Hex64, SubjectId } from "@sallyport/contracts";
import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { isShredded, referenceOf, type ShredScope } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import { z } from "zod";
import type { ApiDeps } from "../ports.ts";
import type { ApprovalAct } from "./act.ts";
import type { Effect } from "./effect.ts";

const DAY_MS = 24 * 3_600_000;

/** What the custodian reads: the subject, its name in the trail, until when its study's data are kept, and which packets' originals go. */
const Shredded = z.strictObject({ subjectId: SubjectId, reference: z.string().max(140), retainedUntil: Day, packetsDigest: Hex64 });
export type ShreddedPayload = z.output<typeof Shredded>;

/** As the custodian makes it (docs/spec/custody-v1.md, section 12). */
const digestOf = (packets: readonly string[]): string =>
  sha256Hex(
    [...packets]
      .sort()
      .map((id) => `${id}\n`)
      .join(""),
  );

/** What a request for a subject's shredding says of it now. @throws `policy.denied`, `subject.shredded`, `subject.retained`. */
export async function shredPayload<Tx>(deps: ApiDeps<Tx>, grant: Grant, subjectId: string): Promise<ShreddedPayload> {
  const scope = await deps.read((tx) => deps.shreds.scope(tx, grant, subjectId));
  if (scope === null) throw new SallyportError("policy.denied");
  if (isShredded(scope)) throw new SallyportError("subject.shredded");
  if (scope.retainedUntil === null) throw new SallyportError("subject.retained");
  const { reference } = await deps.referenceKeys();
  return { subjectId, reference: referenceOf(reference.key, subjectId), retainedUntil: scope.retainedUntil, packetsDigest: digestOf(scope.packets) };
}

/**
 * Destroys a subject's keys for good, upon two persons' passkeys, which the custodian verifies by itself. With the last vote the wrapped keys leave the database;
 * the custodian is told after the commit, and again until it has done it, so a crash at any point ends with all of it or nothing.
 */
export const shredAct = <Tx>(deps: ApiDeps<Tx>): ApprovalAct<Tx, ShreddedPayload> => ({
  kind: "subject.shred",
  ask: { action: "subject.withdraw", resource: "subject" },
  comesTo: "keys.rotate",
  isAskedAnywhere: true,
  approve: { action: "person.approve", resource: "principal" },
  needed: 2,
  openForMs: 7 * DAY_MS,
  usableForMs: null,
  onlyBy: "proven_passkey",
  payload: Shredded,
  concerns: () => null,
  async effect(tx, grant, payload) {
    const scope = await deps.shreds.scope(tx, grant, payload.subjectId);
    return scope === null ? { about: "-", lines: [], refused: "policy.denied" } : effectOf(scope, payload, deps.now());
  },
  async perform(tx, { subjectId, reference }, { id, statement }) {
    const scope = await deps.shreds.scope(tx, null, subjectId);
    if (scope === null) throw new SallyportError("policy.denied");
    // Refused now, nothing was changed; afterwards it is only ever finished.
    await deps.checkShred(statement, scope.packets);
    if (!(await deps.shreds.shred(tx, { subject: subjectId, approval: id, packets: scope.packets, atMs: deps.now() }))) throw new SallyportError("subject.shredded");
    return { subject: reference, packets: scope.packets.length };
  },
});

function effectOf(scope: ShredScope, payload: ShreddedPayload, nowMs: number): Effect {
  const { study, label, retainedUntil, undecided, mixed, packets, elsewhere } = scope;
  const isSame = retainedUntil === payload.retainedUntil && digestOf(packets) === payload.packetsDigest;
  const isRetained = retainedUntil === null || nowMs < Date.parse(`${retainedUntil}T00:00:00.000Z`);
  return {
    about: label,
    lines: [
      {
        what: `${label}: every value and every version, here and where the subject was before`,
        before: "opens to who may",
        after: "never opens again, from no database, dump or backup",
      },
      {
        what: "sealed originals of the packets that name these sites",
        before: `${packets.length}, in which the subject may be`,
        after: elsewhere === 0 ? "never open again" : `never open again; ${elsewhere} of them name other sites, too`,
      },
      { what: "other subjects in these packets", before: "their values are stored under keys of their own", after: "as before: only the originals go" },
      { what: `${study}: data are kept until`, before: retainedUntil ?? "nobody has said", after: retainedUntil ?? "nobody has said" },
      { what: "label, study, site, and the trail", before: "kept", after: "kept" },
      ...(undecided === 0 ? [] : [{ what: "packets of these sites that nobody has decided on", before: `${undecided}`, after: "in the way" }]),
      ...(mixed === 0 ? [] : [{ what: "released packets of these sites with rows and documents", before: `${mixed}`, after: "in the way" }]),
    ],
    refused: isShredded(scope) ? "subject.shredded" : isRetained ? "subject.retained" : undecided + mixed > 0 ? "subject.blocked" : isSame ? null : "approval.changed",
  };
}
