"use client";

import { useState } from "react";
import type { WireFailure } from "../api/wire-failure.ts";
import { ActSection } from "../components/act-section.tsx";
import { Select } from "../components/choice.tsx";
import type { FileDigest } from "../upload/digest-file.ts";
import { EvidenceField, type Taken } from "./evidence-field.tsx";

export interface RecordStepProps<Step extends string> {
  /** What the steps belong to and stay with, as in "the incident". */
  readonly about: string;
  readonly options: readonly { readonly id: Step; readonly text: string }[];
  readonly isPending: boolean;
  readonly failure: WireFailure | null;
  readonly onGo: (said: { readonly step: Step; readonly note: string; readonly evidence?: FileDigest }) => Promise<unknown>;
}

/** Says that a step of a checklist was done, with a note and, where one was kept, a file's digest. */
export function RecordStep<Step extends string>({ about, options, isPending, failure, onGo }: RecordStepProps<Step>) {
  const [chosen, setChosen] = useState<Step | null>(null);
  const [taken, setTaken] = useState<Taken>(null);
  const step = options.find(({ id }) => id === chosen)?.id ?? options[0]?.id;
  if (step === undefined) return null;
  return (
    <ActSection
      title="Record a step"
      reasonLabel="Note"
      button="Record it"
      effect={<p>Say what was done, and where what was kept of it is. It stays with {about}, and can only be added to. No subject belongs in it.</p>}
      recorded={
        <>
          <li>that you said so, for which step of {about}</li>
          {taken !== null && taken !== "reading" && <li>the file&rsquo;s SHA-256 and its length</li>}
        </>
      }
      isReady={taken !== "reading"}
      isPending={isPending}
      failure={failure}
      onGo={(note) => onGo({ step, note, ...(taken !== null && taken !== "reading" && { evidence: taken }) })}
    >
      <Select label="Step" options={options} value={step} onChange={(id) => setChosen(options.find((each) => each.id === id)?.id ?? step)} isRequired />
      <EvidenceField onTaken={setTaken} />
    </ActSection>
  );
}
