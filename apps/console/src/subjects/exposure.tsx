"use client";

import Link from "next/link";
import type { OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { ArchivedNotice } from "../archives/archived-notice.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, EmptyState, Panel, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { CAUSE_TEXT } from "../emergency/emergency-text.ts";
import { EmergencyState } from "../emergency/emergency-state.tsx";
import { purposeWord } from "./purpose-form.tsx";
import { momentText } from "../components/moment-text.ts";

type Exposed = OutputOf<"subjects.exposure">;
type Person = Exposed["could"][number];
type Reveal = Exposed["reveals"][number];
type Emergency = Exposed["emergencies"][number];

const personColumns: readonly Column<Person>[] = [
  {
    key: "who",
    title: "Who",
    isHeader: true,
    cell: ({ principal, name }) => (
      <span>
        {name ?? principal}
        {name !== null && <code className="quiet exposure-id">{principal}</code>}
      </span>
    ),
  },
  { key: "roles", title: "Roles", cell: ({ roles }) => (roles.length === 0 ? "none now" : roles.join(", ")) },
  { key: "reveals", title: "Opened", isNumber: true, cell: ({ reveals }) => reveals.toLocaleString("en-GB") },
  { key: "last", title: "Last", cell: ({ lastAt }) => (lastAt === null ? "–" : momentText(lastAt)) },
];
const revealColumns: readonly Column<Reveal>[] = [
  { key: "at", title: "When", isHeader: true, cell: ({ at }) => <span className="one-line">{momentText(at)}</span> },
  { key: "who", title: "Who", cell: ({ principal, name }) => <span className="one-line">{name ?? principal}</span> },
  { key: "field", title: "Field", cell: ({ field }) => <code>{field.replaceAll(",", ", ")}</code> },
  {
    key: "purpose",
    title: "Purpose",
    cell: ({ purpose, emergency }) => (
      <>
        {purposeWord(purpose)} {emergency !== null && <Badge tone="shut">in an emergency</Badge>}
      </>
    ),
  },
  { key: "request", title: "Record", cell: ({ requestId }) => <Link href={`/crossings?request=${requestId}`}>See it</Link> },
];

const emergencyColumns: readonly Column<Emergency>[] = [
  { key: "at", title: "Opened", isHeader: true, cell: ({ openedAt }) => <span className="one-line">{momentText(openedAt)}</span> },
  { key: "who", title: "Who", cell: ({ openedBy }) => openedBy.printedName },
  { key: "cause", title: "Cause", cell: ({ cause }) => CAUSE_TEXT[cause] },
  { key: "state", title: "State", cell: (emergency) => <EmergencyState emergency={emergency} /> },
];

/** Who could see something of this subject, who did, and who did and no longer could. Alone on its page it says whom it is about. */
export function Exposure({ subjectId, isAlone = false }: { readonly subjectId: string; readonly isAlone?: boolean }) {
  const call = useCall("subjects.exposure", { subjectId });
  if (call.isPending) return <Skeleton lines={10} label="Loading the exposure" />;
  if (call.isError) return <Refusal failure={call.error} onRetry={() => void call.refetch()} />;
  const { label, could, did, didAndCannot, reveals, emergencies, since, isPartial, archived } = call.data;
  return (
    <div className="exposure">
      {isAlone && <p className="subject-name">{label}</p>}
      <p className="quiet">
        {since === null ? "Nothing of this subject was opened so far, as far as the trail goes back." : `Something of this subject was first opened at ${momentText(since)}.`}
      </p>
      <ArchivedNotice archived={archived} />
      {isPartial && (
        <p>
          <Badge tone="caution">partial</Badge> The subject was at another site before. What was opened there stands in that site's trail, which you may not read.
        </p>
      )}
      {emergencies.length > 0 && (
        <Panel id="exposure-emergencies" title="Opened in an emergency">
          <Table caption="Emergency access to this subject, newest first" columns={emergencyColumns} rows={emergencies} keyOf={({ emergencyId }) => emergencyId} />
        </Panel>
      )}
      <People id="exposure-did" title="Did" about="opened something, and still may" people={did} none="Nobody who still may has opened anything." />
      <People
        id="exposure-cannot"
        title="Did and no longer could"
        about="opened something, and may no longer"
        people={didAndCannot}
        none="Nobody who opened something has lost the right to since."
      />
      <People id="exposure-could" title="Could" about="may now, and did not" people={could} none="Nobody else may open anything." />
      <Panel id="exposure-reveals" title="What was opened">
        {reveals.length === 0 ? (
          <EmptyState title="Nothing was opened" />
        ) : (
          <Table caption="What was opened, newest first" columns={revealColumns} rows={reveals} keyOf={({ requestId, field, at }) => `${requestId}/${field}/${at}`} />
        )}
      </Panel>
    </div>
  );
}

function People({
  id,
  title,
  about,
  people,
  none,
}: {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly people: readonly Person[];
  readonly none: string;
}) {
  return (
    <Panel id={id} title={`${title} (${people.length.toLocaleString("en-GB")})`} acts={<span className="quiet">{about}</span>}>
      {people.length === 0 ? <p className="quiet">{none}</p> : <Table caption={`${title}: ${about}`} columns={personColumns} rows={people} keyOf={({ principal }) => principal} />}
    </Panel>
  );
}
