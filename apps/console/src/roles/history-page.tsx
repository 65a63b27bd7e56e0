"use client";

import dynamic from "next/dynamic";
import { useSearchParams } from "next/navigation";
import type { OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { ButtonLink } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, type BadgeTone, PageHead, Skeleton } from "../components/states.tsx";
import { Table } from "../components/table.tsx";

const VersionDrawer = dynamic(async () => (await import("./version-drawer.tsx")).VersionDrawer, { ssr: false });

export type VersionRow = OutputOf<"policy.versions">["versions"][number];

const VERSION_STATE: Readonly<Record<VersionRow["state"], { readonly text: string; readonly tone: BadgeTone }>> = {
  active: { text: "in force", tone: "stands" },
  scheduled: { text: "takes effect at a date", tone: "caution" },
  past: { text: "was in force", tone: "neutral" },
  superseded: { text: "overtaken by another version", tone: "neutral" },
  refused: { text: "refused at its date", tone: "shut" },
};

function goTo(version: number | null): void {
  history.replaceState(null, "", version === null ? "/roles/history" : `/roles/history?version=${version}`);
}

/** Every version of the policy that was signed here, and what became of it. None is changed or taken away. */
export function HistoryPage() {
  const list = useCall("policy.versions", {});
  const named = Number(/^[1-9]\d{0,8}$/.exec(useSearchParams().get("version") ?? "")?.[0] ?? 0);
  const opened = list.data?.versions.find(({ version }) => version === named);
  return (
    <>
      <PageHead title="History of the policy" lead="Every version that the custodian signed here. Going back to one is a proposal like any other, and takes two people.">
        <ButtonLink href="/roles">The policy in force</ButtonLink>
        <ButtonLink href="/roles/proposals">Proposals</ButtonLink>
      </PageHead>
      <section className="panel" aria-label="Versions">
        {list.isPending && <Skeleton lines={6} label="Loading the versions" />}
        {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
        {list.data !== undefined && (
          <Table
            caption="Versions, newest first"
            rows={list.data.versions}
            keyOf={({ version }) => String(version)}
            columns={[
              {
                key: "version",
                title: "Version",
                isHeader: true,
                cell: ({ version, title }) => (
                  <button type="button" className="row-open" onClick={() => goTo(version)}>
                    {version}: {title}
                  </button>
                ),
              },
              { key: "state", title: "State", cell: ({ state }) => <Badge tone={VERSION_STATE[state].tone}>{VERSION_STATE[state].text}</Badge> },
              { key: "stored", title: "Signed", isWide: true, cell: ({ storedAt }) => <Moment at={storedAt} /> },
              { key: "effect", title: "In effect from", cell: ({ effectiveAt }) => (effectiveAt === null ? "never" : <Moment at={effectiveAt} />) },
              { key: "label", title: "Label", isWide: true, cell: ({ label }) => <code className="quiet">{label}</code> },
            ]}
          />
        )}
      </section>
      {opened !== undefined && (
        <VersionDrawer key={opened.version} row={opened} isAnotherDue={list.data?.versions.some(({ state }) => state === "scheduled") === true} onClose={() => goTo(null)} />
      )}
    </>
  );
}
