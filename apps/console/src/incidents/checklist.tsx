"use client";

import Link from "next/link";
import type { ReactNode } from "react";
import type { InputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { RecordStep } from "../checklists/record-step.tsx";
import { StepsSaid } from "../checklists/steps-said.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Skeleton } from "../components/states.tsx";
import { useTell } from "../frame/notices.tsx";
import type { Incident } from "./incident-text.ts";

type Step = InputOf<"incidents.recordStep">["step"];

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
            <StepsSaid said={steps.filter((each) => each.step === step)} />
          </li>
        ))}
        {ended === null && <li>Ask for the end below; another administrator compares the range and approves by passkey; then you carry it out by yours. Keep: the digest.</li>}
      </ol>
      {standing.data?.mayRecord === true && <RecordIncidentStep incidentId={incidentId} />}
    </section>
  );
}

function RecordIncidentStep({ incidentId }: { readonly incidentId: string }) {
  const tell = useTell();
  const act = useChange("incidents.recordStep", {
    refreshes: ["incidents.get"],
    onDone: () => tell({ tone: "done", text: "Recorded. It stays with the incident." }),
  });
  return <RecordStep about="the incident" options={OPTIONS} isPending={act.isPending} failure={act.error} onGo={(said) => act.mutateAsync({ incidentId, ...said })} />;
}
