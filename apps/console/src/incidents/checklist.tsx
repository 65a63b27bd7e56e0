"use client";

import Link from "next/link";
import { type ReactNode, useState } from "react";
import type { InputOf, OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { ActSection } from "../components/act-section.tsx";
import { Select } from "../components/choice.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Skeleton } from "../components/states.tsx";
import { useTell } from "../frame/notices.tsx";
import { bytesText } from "../packets/packet-text.ts";
import { EvidenceField, type Taken } from "./evidence-field.tsx";
import type { Incident } from "./incident-text.ts";

type Step = InputOf<"incidents.recordStep">["step"];
type Done = OutputOf<"incidents.get">["steps"][number];

const STEPS: readonly { readonly step: Step; readonly name: string; readonly what: (chain: string) => ReactNode }[] = [
  { step: "copied", name: "Copies were made", what: () => <>Copy the database and the custodian&rsquo;s folder as they are. Keep: the copies, their digests, who made them.</> },
  {
    step: "verified",
    name: "The chain was verified",
    what: () => (
      <>
        <Link href="/crossings">Verify the chain from its first record</Link>. Keep: what it says; the incident is widened if it begins earlier.
      </>
    ),
  },
  {
    step: "exported",
    name: "The chain was exported",
    what: (chain) => (
      <>
        Export it: <code>sallyport export --chain {chain} --out DIR</code>. Keep: the bundle, which names what is broken to anybody.
      </>
    ),
  },
  {
    step: "accounted",
    name: "The account was written",
    what: () => (
      <>
        Find out who could do it, and <Link href="/locks">lock whom you suspect</Link>. Keep: the account, in your own quality system.
      </>
    ),
  },
];

const OPTIONS = STEPS.map(({ step, name }) => ({ id: step, text: name }));

/** The runbook's steps (docs/runbooks/incident.md), each with what to keep of it, and who has said that it was done. */
export function Checklist({ incident: { incidentId, chain, ended } }: { readonly incident: Incident }) {
  const standing = useCall("incidents.get", { incidentId });
  const steps = standing.data?.steps ?? [];
  return (
    <section aria-labelledby="checklist-title">
      <h3 id="checklist-title" className="part-title">
        What to do, and what to keep
      </h3>
      {standing.data === undefined &&
        (standing.error === null ? <Skeleton lines={3} label="Loading what was done" /> : <Refusal failure={standing.error} onRetry={() => void standing.refetch()} />)}
      <ol className="steps steps-numbered">
        {STEPS.map(({ step, what }) => (
          <li key={step}>
            {what(chain)}
            <StepsDone steps={steps.filter((each) => each.step === step)} />
          </li>
        ))}
        {ended === null && <li>Ask for the end below; another administrator compares the range and approves by passkey; then you carry it out by yours. Keep: the digest.</li>}
      </ol>
      {standing.data?.mayRecord === true && <RecordStep incidentId={incidentId} />}
    </section>
  );
}

function StepsDone({ steps }: { readonly steps: readonly Done[] }) {
  if (steps.length === 0) return null;
  return (
    <ul className="quiet">
      {steps.map(({ by, at, note, evidence }) => (
        <li key={`${at} ${note}`}>
          {by}, <Moment at={at} />: {note}
          {evidence !== null && (
            <span className="evidence">
              A file of {bytesText(evidence.bytes)}, SHA-256 <code>{evidence.sha256}</code>
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

function RecordStep({ incidentId }: { readonly incidentId: string }) {
  const tell = useTell();
  const [step, setStep] = useState<Step>("copied");
  const [taken, setTaken] = useState<Taken>(null);
  const act = useChange("incidents.recordStep", {
    refreshes: ["incidents.get"],
    onDone: () => tell({ tone: "done", text: "Recorded. It stays with the incident." }),
  });
  return (
    <ActSection
      title="Record a step"
      reasonLabel="Note"
      button="Record it"
      effect={<p>Say what was done, and where what was kept of it is. It stays with the incident, and can only be added to. No subject belongs in it.</p>}
      recorded={
        <>
          <li>that you said so, for which step of which incident</li>
          {taken !== null && taken !== "reading" && <li>the file&rsquo;s SHA-256 and its length</li>}
        </>
      }
      isReady={taken !== "reading"}
      isPending={act.isPending}
      failure={act.error}
      onGo={(note) => act.mutateAsync({ incidentId, step, note, ...(taken !== null && taken !== "reading" && { evidence: taken }) })}
    >
      <Select label="Step" options={OPTIONS} value={step} onChange={(id) => setStep(STEPS.find((each) => each.step === id)?.step ?? step)} isRequired />
      <EvidenceField onTaken={setTaken} />
    </ActSection>
  );
}
