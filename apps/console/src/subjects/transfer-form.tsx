"use client";

import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { Select } from "../components/choice.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Skeleton } from "../components/states.tsx";
import { useTell } from "../frame/notices.tsx";
import { ActForm } from "../components/act-form.tsx";
import { ABOUT_SUBJECT } from "./reason-hint.ts";

interface TransferFormProps {
  readonly subjectId: string;
  readonly label: string;
  readonly study: string;
  readonly site: string;
  readonly onClose: () => void;
}

/** Moves a subject to another site of its study. */
export function TransferForm({ subjectId, label, study, site, onClose }: TransferFormProps) {
  const tell = useTell();
  const studies = useCall("studies.list", {});
  const [to, setTo] = useState<string | null>(null);
  const [isTried, setTried] = useState(false);
  const act = useChange("subjects.transfer", {
    refreshes: ["subjects.get", "subjects.list", "subjects.exposure"],
    onDone: ({ site: now }) => {
      tell({ tone: "done", text: `The subject is at site ${now} now.` });
      onClose();
    },
  });
  if (studies.isPending) return <Skeleton lines={6} label="Loading the sites" />;
  if (studies.isError) return <Refusal failure={studies.error} onRetry={() => void studies.refetch()} isInline />;
  const sites = studies.data.studies.find((each) => each.study === study)?.sites.filter((each) => each.site !== site) ?? [];
  return (
    <ActForm
      hint={ABOUT_SUBJECT}
      act="Move the subject"
      isReady={to !== null}
      onTried={() => setTried(true)}
      isPending={act.isPending}
      failure={act.error}
      onCancel={onClose}
      onGo={(reason) => {
        if (to !== null) act.mutate({ subjectId, to, reason });
      }}
      recorded={
        <ul>
          <li>that you moved the subject, from where, to where, and when: in both sites' chains</li>
          <li>how many records and versions went along, and a commitment to the reason</li>
        </ul>
      }
    >
      <p>
        <strong>{label}</strong> leaves site {site} with every version of every record, sealed anew for the other site. People of site {site} no longer see the subject; its label
        and its history stay. You need this right at both sites.
      </p>
      <Select
        label="To site"
        options={sites.map(({ site: id, name }) => ({ id, text: id, about: name }))}
        value={to}
        onChange={setTo}
        error={isTried && to === null ? "Choose where the subject goes." : null}
        isRequired
        {...(sites.length === 0 && { hint: "There is no other site of this study that you may know of." })}
      />
    </ActForm>
  );
}
