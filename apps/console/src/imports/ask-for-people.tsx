"use client";

import type { OutputOf } from "../api/procedures.ts";
import { type Outcome, useBatch } from "../api/use-batch.ts";
import { ButtonLink } from "../components/button.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge } from "../components/states.tsx";
import { counted } from "../packets/packet-text.ts";
import { ReasonForm } from "./reason-form.tsx";

type Invitation = OutputOf<"people.previewImport">["invitations"][number];
const SHOWN_FAILURES = 5;

/** Asks for one invitation after the other. The same line with the same reason is asked for once, however often it is gone on with. */
export function AskForPeople({ people }: { readonly people: readonly Invitation[] }) {
  const batch = useBatch("approvals.requestInvite", "import", ["approvals.list"]);
  const isDone = batch.done === people.length;
  const failures = batch.outcomes.flatMap((outcome, at) => (outcome.state === "failed" ? [{ failure: outcome.failure, person: people[at] }] : []));
  const go = (reason: string) =>
    void batch.run(people.map(({ username, printedName, role, study, site, until }) => ({ username, printedName, role, study, site, ...(until !== null && { until }), reason })));
  return (
    <ReasonForm
      title="Ask for their invitations"
      button={failures.length > 0 ? `Ask for the other ${failures.length} again` : `Ask for ${counted(people.length, "approval")}`}
      recorded={<li>for each of them, that you asked for the invitation, of whom, with which role, where and until when; nobody is invited by it</li>}
      isPending={batch.isRunning}
      isDisabled={isDone}
      onGo={go}
    >
      {batch.outcomes.length > 0 && <Progress outcomes={batch.outcomes} done={batch.done} of={people.length} />}
      {failures.slice(0, SHOWN_FAILURES).map(({ failure, person }) => (
        <div key={person?.username}>
          <p className="quiet">
            Line {person?.line}: {person?.printedName}
          </p>
          <Refusal failure={failure} isInline />
        </div>
      ))}
      {failures.length > SHOWN_FAILURES && <p className="quiet">and {failures.length - SHOWN_FAILURES} more</p>}
      {isDone && (
        <p>
          <ButtonLink href="/approvals?show=mine&kind=person.invite">Look at the requests</ButtonLink>
        </p>
      )}
    </ReasonForm>
  );
}

function Progress({ outcomes, done, of }: { readonly outcomes: readonly Outcome<"approvals.requestInvite">[]; readonly done: number; readonly of: number }) {
  const settled = outcomes.filter(({ state }) => state === "done" || state === "failed").length;
  return (
    <div className="import-progress">
      <progress className="progress" aria-label="Requests" max={of} value={settled} />
      <output>{done === of ? <Badge tone="stands">all asked for</Badge> : <Badge tone={settled === of ? "shut" : "neutral"}>{`${done} of ${of} asked for`}</Badge>}</output>
    </div>
  );
}
