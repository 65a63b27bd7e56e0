"use client";

import { useState } from "react";
import type { InputOf, OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { RecordStep } from "../checklists/record-step.tsx";
import { StepsSaid } from "../checklists/steps-said.tsx";
import { Select } from "../components/choice.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, Skeleton } from "../components/states.tsx";
import { useTell } from "../frame/notices.tsx";

type Steps = OutputOf<"keys.checklist">["steps"];
type PersonStep = InputOf<"keys.recordStep">["step"];

/** What the product sees changes by others' acts and by time. */
const EVERY_MS = 30_000;
const PHASES = { before: "Before", during: "While it turns", after: "Afterwards" } as const;
/** What a person says was done, in the words of the form; the steps themselves are longer. */
const PERSON_TEXT: Readonly<Record<PersonStep, string>> = {
  rehearsed: "The rehearsal was read",
  copied: "A backup was made before",
  prepared: "The new place was prepared",
  stopped: "The product was stopped",
  told: "Witnesses and people were told",
  kept: "A backup was made afterwards",
  escrowed: "The audit keys were written into escrow",
  forgotten: "Witnesses forgot the key before",
  stowed: "The old key was put away",
};
const isPersons = (step: string): step is PersonStep => Object.hasOwn(PERSON_TEXT, step);

/** One turn of a ring, or one move of the root key, step by step: what the product sees of it, and what persons said that they did. */
export function KeyChecklist({ ring }: { readonly ring: InputOf<"keys.checklist">["ring"] }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const list = useCall("keys.checklist", { ring, ...(chosen !== null && { turn: chosen }) }, { everyMs: EVERY_MS });
  if (list.data === undefined) return list.error === null ? <Skeleton lines={5} label="Loading the checklist" /> : <Refusal failure={list.error} isInline />;
  const { turn, turns, steps, mayRecord } = list.data;
  return (
    <section aria-labelledby={`checklist-${ring}`}>
      <h3 id={`checklist-${ring}`} className="part-title">
        Checklist
      </h3>
      {turns.length > 1 ? (
        <Select label={ring === "root" ? "Move to" : "Turn to"} options={turns.map((id) => ({ id, text: id }))} value={turn} onChange={setChosen} />
      ) : (
        <p className="quiet">
          {ring === "root" ? "Move to" : "Turn to"} <code>{turn}</code>
        </p>
      )}
      {(Object.keys(PHASES) as (keyof typeof PHASES)[]).map((phase) => (
        <Phase key={phase} title={PHASES[phase]} steps={steps.filter((step) => step.phase === phase)} />
      ))}
      {mayRecord && <RecordKeyStep turn={turn} steps={steps} />}
    </section>
  );
}

function Phase({ title, steps }: { readonly title: string; readonly steps: Steps }) {
  if (steps.length === 0) return null;
  return (
    <div>
      <h4 className="field-label">{title}</h4>
      <ol className="ring-steps">
        {steps.map(({ step, by, text, keep, isDone, standing, said }) => (
          <li key={step}>
            <span>
              <Badge tone={isDone ? "stands" : "neutral"}>{isDone ? "done" : "to do"}</Badge> {text}
              {standing !== null && <span className="quiet"> {standing}.</span>}
              <span className="quiet">{by === "product" ? " The product sees it." : ` Said by a person, who keeps ${keep ?? ""}.`}</span>
              <StepsSaid said={said} />
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

function RecordKeyStep({ turn, steps }: { readonly turn: string; readonly steps: Steps }) {
  const tell = useTell();
  const act = useChange("keys.recordStep", { refreshes: ["keys.checklist"], onDone: () => tell({ tone: "done", text: "Recorded. It stays with the checklist." }) });
  const options = steps.flatMap(({ step }) => (isPersons(step) ? [{ id: step, text: PERSON_TEXT[step] }] : []));
  return <RecordStep about="the checklist" options={options} isPending={act.isPending} failure={act.error} onGo={(said) => act.mutateAsync({ turn, ...said })} />;
}
