import { HistoryInput, HistoryOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { openFields } from "@sallyport/phi";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";
import { shownField } from "./shown-field.ts";
import { locateSubject, subjectKeyPlace } from "./subject-place.ts";

const VERSIONS_MAX = 200;

/**
 * The versions of one record: when and by which release each came, which variables it changed, and its values as the grant may see them. A variable
 * that is hidden from the caller is in no version, and its change isn't told either. A record that isn't there has no versions.
 */
export const subjectHistory = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      action: "subject.read",
      resource: "subject",
      input: HistoryInput,
      output: HistoryOutput,
      locate: ({ subjectId }, trace) => locateSubject(deps, subjectId, trace),
    },
    async ({ input: { subjectId, domain, record }, grant, trace }) => {
      const found = await deps.subjectActs.versions(grant, { subject: subjectId, domain, record, limit: VERSIONS_MAX });
      if (found === null) throw new SallyportError("policy.denied");
      const { subject, versions, total } = found;
      const key = await deps.keys.open(subjectKeyPlace(subject), subject.wrapped);
      const names = await deps.names();
      const classifier = deps.profiles.of(subject.study);
      const shown = versions.map((version) => ({ version, views: openFields(grant, key, subject, version.fields, classifier) }));
      // Of a variable that went away in a version, the one before it knows whether it may be named.
      const visible = new Set(shown.flatMap(({ views }) => views.map(({ name }) => name)));
      trace.note({ history: `${domain}.${record}`, versions: total });
      return {
        subjectId,
        label: subject.label,
        domain,
        record,
        total,
        versions: shown.map(({ version: { version, atMs, changed, packet, releasedBy, requestId }, views }) => ({
          version,
          at: new Date(atMs).toISOString(),
          packet,
          releasedBy,
          releasedByName: releasedBy !== null && Object.hasOwn(names, releasedBy) ? (names[releasedBy] ?? null) : null,
          requestId,
          changed: changed === null ? null : changed.filter((name) => visible.has(name)).map((name) => `${domain}.${name}`),
          fields: views.map((view) => shownField(grant, view)),
        })),
      };
    },
  );
