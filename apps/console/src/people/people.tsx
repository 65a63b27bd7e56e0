"use client";

import dynamic from "next/dynamic";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { Icon } from "../components/icon.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, type BadgeTone, EmptyState, PageHead, Skeleton } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { useMay } from "../frame/me.ts";
import { placeText } from "./place-text.ts";

const Invite = dynamic(async () => (await import("./invite.tsx")).Invite, { ssr: false });
const PersonDrawer = dynamic(async () => (await import("./person-drawer.tsx")).PersonDrawer, { ssr: false });

export type Person = OutputOf<"people.list">["people"][number];

export const STATUS: Readonly<Record<Person["status"], { readonly text: string; readonly tone: BadgeTone }>> = {
  invited: { text: "invited", tone: "neutral" },
  active: { text: "active", tone: "stands" },
  suspended: { text: "suspended", tone: "shut" },
  recovering: { text: "recovering", tone: "caution" },
  left: { text: "left", tone: "neutral" },
};

const matches = ({ username, printedName, status, assignments }: Person, words: readonly string[]) => {
  const text = [username, printedName, status, ...assignments.flatMap(({ role, study, site }) => [role, study, site])].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
};

/** Everybody who can sign in, or will be able to. */
export function People() {
  const router = useRouter();
  const query = useSearchParams();
  const list = useCall("people.list", {});
  const mayInvite = useMay("person.invite");
  const [text, setText] = useState("");
  const [isInviting, setInviting] = useState(false);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = list.data?.people.filter((person) => matches(person, words)) ?? [];
  const opened = list.data?.people.find(({ personId }) => personId === query.get("person"));
  const close = () => router.replace("/people", { scroll: false });
  return (
    <>
      <PageHead title="People" lead="Who can sign in, what they may do, and how they prove who they are.">
        {mayInvite && (
          <Button kind="primary" onPress={() => setInviting(true)}>
            <Icon name="plus" size={16} />
            Invite a person
          </Button>
        )}
      </PageHead>
      <section className="panel" aria-label="People">
        <div className="filter-row">
          <Field label="Filter" type="search" value={text} onChange={setText} maxLength={80} />
          <output className="quiet filter-count">{list.data !== undefined && `${shown.length} of ${list.data.people.length}`}</output>
        </div>
        {list.isPending && <Skeleton lines={8} label="Loading people" />}
        {list.isError && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && shown.length === 0 && <EmptyState title="Nobody matches">The filter looks at names, roles, places and status.</EmptyState>}
        {shown.length > 0 && (
          <Table
            caption="People"
            rows={shown}
            keyOf={({ personId }) => personId}
            columns={[
              {
                key: "name",
                title: "Name",
                isHeader: true,
                cell: ({ personId, printedName, username }) => (
                  <>
                    <button type="button" className="row-open" onClick={() => router.replace(`/people?person=${personId}`, { scroll: false })}>
                      {printedName}
                    </button>
                    <code className="row-under">{username}</code>
                  </>
                ),
              },
              {
                key: "status",
                title: "Status",
                cell: ({ status, locked }) => (
                  <span className="badges">
                    <Badge tone={STATUS[status].tone}>{STATUS[status].text}</Badge>
                    {locked.length > 0 && <Badge tone="caution">{locked.map(({ method }) => method).join(", ")} locked</Badge>}
                  </span>
                ),
              },
              { key: "roles", title: "Roles", cell: ({ assignments }) => <RoleList assignments={assignments} /> },
              { key: "proof", title: "Proves by", isWide: true, cell: (person) => proofText(person) },
              { key: "sessions", title: "Sessions", isNumber: true, isWide: true, cell: ({ sessions }) => sessions },
              { key: "seen", title: "Last active", cell: ({ lastSeenAt }) => (lastSeenAt === null ? "never" : <Moment at={lastSeenAt} />) },
            ]}
          />
        )}
      </section>
      {isInviting && <Invite onClose={() => setInviting(false)} />}
      {opened !== undefined && <PersonDrawer person={opened} onClose={close} />}
    </>
  );
}

export const proofText = ({ passkeys, hasPassword }: Person): string =>
  [passkeys > 0 && `${passkeys} passkey${passkeys === 1 ? "" : "s"}`, hasPassword && "password and code"].filter(Boolean).join(", ") || "nothing yet";

function RoleList({ assignments }: { readonly assignments: Person["assignments"] }) {
  if (assignments.length === 0) return <span className="quiet">none</span>;
  return (
    <ul>
      {assignments.map((each) => (
        <li key={`${each.role} ${each.study}/${each.site}`}>
          <code>{each.role}</code> <span className="quiet">{placeText(each)}</span>
        </li>
      ))}
    </ul>
  );
}
