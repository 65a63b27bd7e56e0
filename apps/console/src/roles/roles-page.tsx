"use client";

import dynamic from "next/dynamic";
import { useMemo } from "react";
import { useCall } from "../api/use-call.ts";
import { ButtonLink } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { PageHead, Panel, Skeleton } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { useMay } from "../frame/me.ts";
import { counted } from "../packets/packet-text.ts";
import { MatrixView } from "./matrix-view.tsx";
import { cellKey, type CurrentPolicy } from "./policy-content.ts";

const CellDrawer = dynamic(async () => (await import("./cell-drawer.tsx")).CellDrawer, { ssr: false });

/** The policy in force: what each role may do, with which fields, and under which condition. */
export function RolesPage() {
  const current = useCall("policy.current", {});
  return (
    <div className="stack roles">
      <PageHead title="Roles" lead="What each role may do, to what, and which fields it sees. Whatever isn't here is denied. A change takes two people.">
        <ButtonLink href="/roles/reach">Who can, what can</ButtonLink>
        <ButtonLink href="/roles/history">History</ButtonLink>
        <ButtonLink href="/roles/proposals">Proposals</ButtonLink>
      </PageHead>
      {current.isPending && <Skeleton lines={12} label="Loading the policy" />}
      {current.data === undefined && current.error !== null && <Refusal failure={current.error} onRetry={() => void current.refetch()} />}
      {current.data !== undefined && <Shown current={current.data} />}
    </div>
  );
}

function Shown({ current }: { readonly current: CurrentPolicy }) {
  const { policy, scheduled, fieldClasses } = current;
  const mayChange = useMay("role.change");
  return (
    <>
      <section className="panel" aria-labelledby="policy-title">
        <div className="panel-head">
          <h2 id="policy-title" className="panel-title">
            {policy.content.title} <code className="quiet">{policy.label}</code>
          </h2>
          {mayChange && (
            <ButtonLink href="/roles/edit" kind="primary">
              Propose a change
            </ButtonLink>
          )}
        </div>
        <p className="quiet">
          {counted(policy.content.roles.length, "role")}, {counted(policy.content.grants.length, "right")}, {counted(policy.content.separation.length, "separation")} of duties.
          {scheduled.map(({ version, label, effectiveAt }) => (
            <span key={version}>
              {" "}
              Version <code>{label}</code> takes effect <Moment at={effectiveAt} />.
            </span>
          ))}
        </p>
        <MatrixView
          path="/roles"
          content={policy.content}
          axes={current}
          drawer={(place, isKnown, onClose) => (
            <CellDrawer key={cellKey(place)} place={place} content={policy.content} suite={policy.suite} fieldClasses={fieldClasses} isKnown={isKnown} onClose={onClose} />
          )}
        />
      </section>
      <RolesPanel current={current} />
    </>
  );
}

/** The roles in words, and the acts that one person may not do both of. */
function RolesPanel({ current: { policy } }: { readonly current: CurrentPolicy }) {
  const { roles, separation, grants } = policy.content;
  const counts = useMemo(() => {
    const byRole = new Map<string, number>();
    for (const { role } of grants) byRole.set(role, (byRole.get(role) ?? 0) + 1);
    return byRole;
  }, [grants]);
  return (
    <>
      <Panel id="roles-title" title="What the roles are for">
        <Table
          caption="Roles"
          rows={roles}
          keyOf={({ name }) => name}
          columns={[
            { key: "name", title: "Role", isHeader: true, cell: ({ name }) => <code>{name}</code> },
            { key: "description", title: "For", cell: ({ description }) => description },
            { key: "by", title: "Assigned by", cell: ({ assignableBy }) => (assignableBy.length === 0 ? "nobody" : assignableBy.join(", ")) },
            { key: "rights", title: "Rights", isNumber: true, cell: ({ name }) => counts.get(name) ?? 0 },
          ]}
        />
      </Panel>
      {separation.length > 0 && (
        <Panel id="separation-title" title="What one person may not do both of">
          <Table
            caption="Separation of duties"
            rows={separation}
            keyOf={({ id }) => id}
            columns={[
              { key: "second", title: "Nobody may", isHeader: true, cell: ({ second }) => <code>{second}</code> },
              { key: "first", title: "where they themselves did", cell: ({ first }) => <code>{first}</code> },
              { key: "id", title: "Rule", isWide: true, cell: ({ id }) => <code className="quiet">{id}</code> },
            ]}
          />
        </Panel>
      )}
    </>
  );
}
