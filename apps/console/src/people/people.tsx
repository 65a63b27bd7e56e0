"use client";

import dynamic from "next/dynamic";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { Button, ButtonLink } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { SearchField } from "../components/search-field.tsx";
import { Segments } from "../components/segments.tsx";
import { Badge, EmptyState, PageHead, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { useMay } from "../frame/me.ts";
import { heldKey, heldState } from "./held.ts";
import { peopleShown, type Person, proofText, type Show, SHOWS, STATUS } from "./person-text.ts";
import { placeText } from "./place-text.ts";

const Invite = dynamic(async () => (await import("./invite.tsx")).Invite, { ssr: false });
const PersonDrawer = dynamic(async () => (await import("./person-drawer.tsx")).PersonDrawer, { ssr: false });

/** Where a list of people stands, and whose drawer is open on it. */
const pathOf = (show: Show, person?: string): string => {
  const search = new URLSearchParams({ ...(show !== "here" && { show }), ...(person !== undefined && { person }) });
  return search.size === 0 ? "/people" : `/people?${search.toString()}`;
};

/** Everybody who can sign in, will be able to, or could once. */
export function People() {
  const router = useRouter();
  const query = useSearchParams();
  const show: Show = SHOWS.find(({ id }) => id === query.get("show"))?.id ?? "here";
  const list = useCall("people.list", {});
  const mayInvite = useMay("person.invite");
  const mayAssign = useMay("assignment.change");
  const [text, setText] = useState("");
  const [isInviting, setInviting] = useState(false);
  const shown = peopleShown(list.data?.people ?? [], show, text);
  const opened = list.data?.people.find(({ personId }) => personId === query.get("person"));
  const go = (path: string) => router.replace(path, { scroll: false });
  return (
    <>
      <PageHead title="People" lead="Who can sign in, what they may do, and how they prove who they are.">
        {(mayInvite || mayAssign) && <ButtonLink href="/people/import">Import from CSV</ButtonLink>}
        {mayInvite && (
          <Button kind="primary" onPress={() => setInviting(true)}>
            <Icon name="plus" size={16} />
            Invite a person
          </Button>
        )}
      </PageHead>
      <section className="panel" aria-label="People">
        <div className="filter-row">
          <SearchField label="Filter" value={text} onChange={setText} maxLength={80} />
          <Segments label="Which people" options={SHOWS} value={show} onChange={(id) => go(pathOf(SHOWS.find((each) => each.id === id)?.id ?? "here"))} />
          <output className="quiet filter-count">{list.data !== undefined && `${shown.length} of ${list.data.people.length}`}</output>
        </div>
        {list.isPending && <Skeleton lines={8} label="Loading people" />}
        {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
        {list.data !== undefined && shown.length === 0 && <EmptyState title="Nobody matches">The filter looks at names, roles, places and status.</EmptyState>}
        {shown.length > 0 && (
          <Table caption="People" isLong rows={shown} keyOf={({ personId }) => personId} columns={columnsOf((person) => go(pathOf(show, person)), list.dataUpdatedAt)} />
        )}
      </section>
      {isInviting && <Invite onClose={() => setInviting(false)} />}
      {opened !== undefined && <PersonDrawer person={opened} nowMs={list.dataUpdatedAt} onClose={() => go(pathOf(show))} />}
    </>
  );
}

const columnsOf = (open: (personId: string) => void, nowMs: number): readonly Column<Person>[] => [
  {
    key: "name",
    title: "Name",
    isHeader: true,
    cell: ({ personId, printedName, username }) => (
      <>
        <button type="button" className="row-open" onClick={() => open(personId)}>
          {printedName}
        </button>
        <code className="row-under">{username}</code>
      </>
    ),
  },
  {
    key: "status",
    title: "Status",
    cell: ({ status, isLocked, locked }) => (
      <span className="badges">
        <Badge tone={STATUS[status].tone}>{STATUS[status].text}</Badge>
        {isLocked && <Badge tone="shut">locked</Badge>}
        {locked.length > 0 && <Badge tone="caution">{locked.map(({ method }) => method).join(", ")} locked</Badge>}
      </span>
    ),
  },
  { key: "roles", title: "Roles", cell: ({ assignments }) => <RoleList assignments={assignments} nowMs={nowMs} /> },
  { key: "proof", title: "Proves by", isWide: true, cell: (person) => proofText(person) },
  { key: "sessions", title: "Sessions", isNumber: true, isWide: true, cell: ({ sessions }) => sessions },
  { key: "seen", title: "Last active", cell: ({ lastSeenAt }) => (lastSeenAt === null ? "never" : <Moment at={lastSeenAt} />) },
];

const LISTED = 3;

/** What somebody holds now, and how much more there is. */
function RoleList({ assignments, nowMs }: { readonly assignments: Person["assignments"]; readonly nowMs: number }) {
  const current = assignments.filter((each) => heldState(each, nowMs) === "now");
  if (current.length === 0) return <span className="quiet">none</span>;
  return (
    <ul>
      {current.slice(0, LISTED).map((each) => (
        <li key={heldKey(each)}>
          <code>{each.role}</code> <span className="quiet">{placeText(each)}</span>
        </li>
      ))}
      {current.length > LISTED && <li className="quiet">and {current.length - LISTED} more</li>}
    </ul>
  );
}
