import { GetSubjectInput, GetSubjectOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { isShredded, openFields, type PageEnd, type ShredRow } from "@sallyport/phi";
import type { Boundary } from "../../boundary/procedure.ts";
import { openCursor, sealCursor } from "../../cursor.ts";
import type { ApiDeps } from "../../ports.ts";
import { shownField } from "./shown-field.ts";
import { locateSubject, subjectKeyPlace } from "./subject-place.ts";
import { subjectSummary } from "./subject-summary.ts";

/** Records of a page. */
const RECORDS_MAX = 200;

/** One domain of a subject: what the grant reads is opened, what it masks is masked, the rest isn't mentioned. */
export const getSubject = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "subject.read",
      resource: "subject",
      input: GetSubjectInput,
      output: GetSubjectOutput,
      locate: ({ subjectId }, trace) => locateSubject(deps, subjectId, trace),
    },
    async ({ input, grant, trace }) => {
      const { cursor: cursorKey } = await deps.referenceKeys();
      const scope = { principal: grant.principal, list: "subjects.get", filter: { subject: input.subjectId, domain: input.domain } };
      const after = input.cursor === undefined ? undefined : pageEnd(openCursor(cursorKey, scope, input.cursor));
      const opened = await deps.subjects.open(grant, input.subjectId, { domain: input.domain, after, limit: RECORDS_MAX });
      if (opened === null) throw new SallyportError("policy.denied");
      const { subject, fields, domains, next } = opened;
      if (isShredded(subject)) {
        const shred = await deps.shreds.of(grant, subject.id);
        trace.note({ domain: input.domain, opened: 0, masked: 0, state: "shredded" });
        return { ...subjectSummary(subject), domain: input.domain, domains: [...domains], fields: [], next: null, shred: shred === null ? null : shredSummary(shred) };
      }
      const key = await deps.keys.open(subjectKeyPlace(subject), subject.wrapped);
      const shown = openFields(grant, key, subject, fields, deps.profiles.of(subject.study)).map((view) => shownField(grant, view));
      trace.note({ domain: input.domain, opened: shown.filter(({ state }) => state === "readable").length, masked: shown.filter(({ state }) => state === "masked").length });
      return {
        ...subjectSummary(subject),
        domain: input.domain,
        domains: [...domains],
        fields: shown,
        next: next === null ? null : sealCursor(cursorKey, scope, `${next.position} ${next.record}`),
        shred: null,
      };
    },
  );

const iso = (ms: number): string => new Date(ms).toISOString();

const shredSummary = ({ approval, atMs, destroyedAtMs, requestedBy, approvedBy, packets }: ShredRow) => ({
  approvalId: approval,
  at: iso(atMs),
  destroyedAt: destroyedAtMs === null ? null : iso(destroyedAtMs),
  requestedBy,
  approvedBy: [...approvedBy],
  packets,
});

/** Where a page ended, as its cursor says it. */
function pageEnd(text: string): PageEnd {
  const [position = "", record = ""] = text.split(" ");
  return { position: Number(position), record };
}
