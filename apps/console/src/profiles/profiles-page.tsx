"use client";

import Link from "next/link";
import { useCall } from "../api/use-call.ts";
import { Refusal } from "../components/refusal.tsx";
import { Badge, EmptyState, PageHead, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { counted } from "../packets/packet-text.ts";
import { type ProfileRow, SOURCE_TEXT } from "./profile-text.ts";

/** The classification profiles: what of each study is public, regulatory or PHI. */
export function ProfilesPage() {
  const list = useCall("profiles.list", {});
  return (
    <>
      <PageHead title="Classification profiles" lead="What of a study's data is public, regulatory or PHI. A change takes two people, and shows beforehand what it does." />
      <section className="panel" aria-label="Profiles">
        {list.isPending && <Skeleton lines={4} label="Loading the profiles" />}
        {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
        {list.data !== undefined && list.data.profiles.length === 0 && (
          <EmptyState title="No profile is here yet">The profiles that come with the product are stored at its start, once its custodian has signed them.</EmptyState>
        )}
        {list.data !== undefined && list.data.profiles.length > 0 && (
          <Table caption="Profiles in force" rows={list.data.profiles} keyOf={({ profile }) => profile} columns={COLUMNS} />
        )}
      </section>
    </>
  );
}

const COLUMNS: readonly Column<ProfileRow>[] = [
  {
    key: "profile",
    title: "Profile",
    isHeader: true,
    cell: ({ profile, title }) => (
      <>
        <Link href={`/profiles/${profile}`} className="profile-name">
          {profile}
        </Link>
        <span className="row-under">{title}</span>
      </>
    ),
  },
  { key: "source", title: "Files", cell: ({ source }) => SOURCE_TEXT[source] },
  { key: "version", title: "Version in force", isNumber: true, cell: ({ version }) => version },
  { key: "variables", title: "Says", isWide: true, cell: ({ variables }) => counted(variables, "variable") },
  { key: "studies", title: "Your studies", cell: ({ studies }) => (studies.length === 0 ? <span className="quiet">none</span> : studies.join(", ")) },
  { key: "signed", title: "Signature", cell: ({ signed }) => <Badge tone={signed ? "stands" : "shut"}>{signed ? "signed" : "not what was signed"}</Badge> },
];
