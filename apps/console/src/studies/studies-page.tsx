"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { useSearchParams } from "next/navigation";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { Button, ButtonLink } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { Refusal } from "../components/refusal.tsx";
import { EmptyState, PageHead, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { useMay } from "../frame/me.ts";
import { counted } from "../packets/packet-text.ts";
import type { Study } from "./study-text.ts";

const RegisterStudy = dynamic(async () => (await import("./register-study.tsx")).RegisterStudy, { ssr: false });
const ImportPanel = dynamic(async () => (await import("../imports/import-panel.tsx")).ImportPanel, { ssr: false, loading: () => <Skeleton lines={8} label="Loading the form" /> });

/** The registry: which studies there are, and their sites. */
export function StudiesPage() {
  const mayRegister = useMay("study.register");
  const isImporting = useSearchParams().get("import") === "sites";
  const list = useCall("studies.list", {}, { enabled: !isImporting });
  const [isRegistering, setRegistering] = useState(false);
  if (isImporting) {
    return (
      <div className="stack">
        <PageHead title="Import sites from CSV" lead="A file is checked line by line, and shown as what it would do, before anything is done.">
          <Link href="/studies">All studies</Link>
        </PageHead>
        <ImportPanel of="sites" />
      </div>
    );
  }
  return (
    <>
      <PageHead title="Studies and sites" lead="Where data belong. What is registered stays for good; a site that is closed takes in nothing new.">
        {mayRegister && (
          <>
            <ButtonLink href="/studies?import=sites">Import sites from CSV</ButtonLink>
            <Button kind="primary" onPress={() => setRegistering(true)}>
              <Icon name="plus" size={16} />
              Register a study
            </Button>
          </>
        )}
      </PageHead>
      <section className="panel" aria-label="Studies">
        {list.isPending && <Skeleton lines={4} label="Loading studies" />}
        {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
        {list.data !== undefined && list.data.studies.length === 0 && (
          <EmptyState title="No study reaches you">Studies stand here that a role of yours reaches, or all of them for who administers.</EmptyState>
        )}
        {list.data !== undefined && list.data.studies.length > 0 && <Table caption="Studies" isLong rows={list.data.studies} keyOf={({ study }) => study} columns={COLUMNS} />}
      </section>
      {isRegistering && <RegisterStudy onClose={() => setRegistering(false)} />}
    </>
  );
}

const COLUMNS: readonly Column<Study>[] = [
  {
    key: "study",
    title: "Study",
    isHeader: true,
    cell: ({ study, title }) => (
      <>
        <Link href={`/studies/${encodeURIComponent(study)}`} className="row-open">
          {study}
        </Link>
        <span className="row-under">{title}</span>
      </>
    ),
  },
  { key: "sites", title: "Sites", isNumber: true, cell: ({ sites }) => sites.length },
  {
    key: "closed",
    title: "Closed",
    cell: ({ sites }) => {
      const closed = sites.filter(({ closedAt }) => closedAt !== null).length;
      return closed === 0 ? <span className="quiet">none</span> : counted(closed, "site");
    },
  },
  {
    key: "countries",
    title: "Countries",
    isWide: true,
    cell: ({ sites }) => [...new Set(sites.map(({ country }) => country))].toSorted((a, b) => a.localeCompare(b, "en")).join(", "),
  },
  { key: "profile", title: "Profile", cell: ({ profile }) => <code>{profile}</code> },
];
