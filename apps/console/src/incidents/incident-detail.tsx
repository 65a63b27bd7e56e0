"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { useChange } from "../api/use-change.ts";
import { ActSection } from "../components/act-section.tsx";
import { Moment } from "../components/moment.tsx";
import { Badge } from "../components/states.tsx";
import { useTell } from "../frame/notices.tsx";
import { Checklist } from "./checklist.tsx";
import { ToldSection } from "./told-section.tsx";
import { type Incident, kindText, positionText, rangeText, STOPS } from "./incident-text.ts";

/** One incident: what is known of it, what to do about it with what to keep, and asking for its end. */
export function IncidentDetail({ incident, open, mayRelease }: { readonly incident: Incident; readonly open: readonly Incident[]; readonly mayRelease: boolean }) {
  const { chain, kind, why, foundAt, foundBy, stops, goesOn, signed, stored, ended } = incident;
  return (
    <>
      <p className="person-title">
        <strong>{chain}</strong> <Badge tone={ended === null ? "shut" : "neutral"}>{kind}</Badge>
      </p>
      <dl className="pairs pairs-plain">
        <dt>What it is</dt>
        <dd>
          {kindText(kind)} <span className="quiet">In the custodian&rsquo;s words: {why}.</span>
        </dd>
        <dt>Range</dt>
        <dd>{rangeText(incident)}</dd>
        <dt>Found</dt>
        <dd>
          <Moment at={foundAt} /> by {foundBy === "checkpoint" ? "looking at the end of the chain" : "verifying it from the first record"}
        </dd>
        <dt>{ended === null ? "Stops" : "Stopped"}</dt>
        <dd>{STOPS[stops]}</dd>
        <dt>Goes on</dt>
        <dd>
          in generation {goesOn.generation}
          {goesOn.at === null ? ", within seconds" : ", since "}
          {goesOn.at !== null && <Moment at={goesOn.at} />}
        </dd>
        <dt>Signed last</dt>
        <dd>{positionText(signed)}</dd>
        <dt>In the database</dt>
        <dd>{positionText(stored)}</dd>
        {ended !== null && (
          <>
            <dt>Ended</dt>
            <dd>
              <Moment at={ended.at} /> by {ended.by.map(({ printedName }) => printedName).join(" and ")}
            </dd>
          </>
        )}
      </dl>
      <ToldSection incidentId={incident.incidentId} />
      <Checklist incident={incident} />
      {ended === null && goesOn.at !== null && mayRelease && <Release incident={incident} open={open} />}
    </>
  );
}

function Release({ incident, open }: { readonly incident: Incident; readonly open: readonly Incident[] }) {
  const router = useRouter();
  const tell = useTell();
  const [isAll, setAll] = useState(incident.stops === "everything");
  const ready = open.filter(({ goesOn }) => goesOn.at !== null);
  const incidentIds = (isAll ? ready : [incident]).map(({ incidentId }) => incidentId);
  const act = useChange("approvals.requestIncidentRelease", {
    refreshes: ["approvals.list", "incidents.list"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. Another administrator has to approve it by passkey; then you carry it out by yours." });
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  return (
    <ActSection
      title="End the incident"
      button="Ask for approval"
      isDanger
      effect={<p>Nothing is stopped any more, and nothing is mended: the range stays on record as broken. It takes another administrator&rsquo;s passkey, and then your own.</p>}
      recorded={<li>that you asked for it, for which range; who approved; that it was ended, in the chain too</li>}
      isPending={act.isPending}
      failure={act.error}
      onGo={(reason) => act.mutateAsync({ incidentIds, reason })}
    >
      {ready.length > 1 && (
        <label className="check">
          <input type="checkbox" checked={isAll} onChange={(event) => setAll(event.target.checked)} /> All {ready.length} open incidents together
        </label>
      )}
    </ActSection>
  );
}
