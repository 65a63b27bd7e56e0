"use client";

import { useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Button } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { Moment } from "../components/moment.tsx";
import { Badge, EmptyState, Panel } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { useTell } from "../frame/notices.tsx";
import { SUBJECT_ID } from "../subjects/subject-id.ts";

export type Reencryption = OutputOf<"keys.rings">["reencryptions"][number];

/** While one is under way, the page looks often. */
const EVERY_MS = 10_000;

/** What is sealed anew under other data keys, and how far that is. */
export function Reencryptions({ jobs, mayStep }: { readonly jobs: readonly Reencryption[]; readonly mayStep: boolean }) {
  const [isOpen, setOpen] = useState(false);
  useCall("keys.rings", {}, { everyMs: EVERY_MS, enabled: jobs.some(({ endedAt }) => endedAt === null) });
  return (
    <Panel id="reencryptions" title="Fields sealed anew" acts={mayStep && <Button onPress={() => setOpen(true)}>Seal anew</Button>}>
      {jobs.length === 0 ? (
        <EmptyState title="Nothing was sealed anew yet">
          Where a subject’s data key may be in other hands, what is stored under it is sealed anew under another one, in the background, and how far that is stands here.
        </EmptyState>
      ) : (
        <Table caption="Re-encryptions, the newest first" rows={jobs} keyOf={({ jobId }) => jobId} columns={COLUMNS} />
      )}
      {isOpen && <SealAnew onClose={() => setOpen(false)} />}
    </Panel>
  );
}

const COLUMNS: readonly Column<Reencryption>[] = [
  { key: "what", title: "What", isHeader: true, cell: ({ study, isOneSubject }) => (isOneSubject ? `a subject of ${study}` : study) },
  { key: "began", title: "Began", cell: ({ beganAt }) => <Moment at={beganAt} /> },
  {
    key: "done",
    title: "Done",
    cell: ({ endedAt, moved, subjects, study }) =>
      endedAt !== null ? (
        <Badge tone="stands">ended</Badge>
      ) : (
        <progress className="rewrap-bar" max={Math.max(1, subjects)} value={moved} aria-label={`${study}: ${moved} of ${subjects} subjects done`} />
      ),
  },
  { key: "moved", title: "Subjects", isNumber: true, cell: ({ moved, subjects }) => `${moved.toLocaleString("en-GB")} of ${subjects.toLocaleString("en-GB")}` },
  { key: "fields", title: "Fields", isNumber: true, cell: ({ fields }) => fields.toLocaleString("en-GB") },
  { key: "stuck", title: "Don't open", isNumber: true, cell: ({ stuck }) => (stuck === 0 ? "0" : <Badge tone="shut">{stuck.toLocaleString("en-GB")}</Badge>) },
];

/** Begins it, for a study or for one of its subjects. */
function SealAnew({ onClose }: { readonly onClose: () => void }) {
  const tell = useTell();
  const [study, setStudy] = useState("");
  const [subjectId, setSubjectId] = useState("");
  const [isTried, setTried] = useState(false);
  const isStudy = study.trim() !== "";
  const isSubject = subjectId.trim() === "" || SUBJECT_ID.test(subjectId.trim());
  const act = useChange("keys.reencrypt", {
    refreshes: ["keys.rings"],
    onDone: ({ subjects }) => {
      tell({ tone: "done", text: `It began, with ${subjects.toLocaleString("en-GB")} ${subjects === 1 ? "subject" : "subjects"}. Nobody waits for it.` });
      onClose();
    },
  });
  return (
    <Dialog title="Seal fields anew" isOpen onClose={onClose}>
      <ActForm
        act="Begin"
        isReady={isStudy && isSubject}
        onTried={() => setTried(true)}
        isPending={act.isPending}
        failure={act.error}
        onCancel={onClose}
        onGo={(reason) => act.mutate({ study: study.trim(), reason, ...(subjectId.trim() !== "" && { subjectId: subjectId.trim() }) })}
        recorded={
          <ul>
            <li>that you began it, for what, and when it was over</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <p>
          Every subject gets another data key, and all that is stored of it is sealed under that: every version, every day of consent. Readers go on. What an older backup holds
          stays under the key of then.
        </p>
        <Field label="Study" value={study} onChange={setStudy} maxLength={64} autoComplete="off" error={isTried && !isStudy ? "Enter the study's id." : null} isRequired />
        <Field
          label="One subject alone"
          value={subjectId}
          onChange={setSubjectId}
          maxLength={30}
          autoComplete="off"
          hint="Its id, as its page's address has it. Empty for all of the study's."
          error={isTried && !isSubject ? "A subject's id is sub_ and 26 characters." : null}
        />
      </ActForm>
    </Dialog>
  );
}
