"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { useSearchParams } from "next/navigation";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { Refusal } from "../components/refusal.tsx";
import { PageHead, Skeleton } from "../components/states.tsx";
import { useMay } from "../frame/me.ts";
import { ChangesPanel } from "./changes-panel.tsx";
import { ProfileHead } from "./profile-head.tsx";
import { type Edits, type Profile } from "./profile-text.ts";
import { RulesPanel } from "./rules-panel.tsx";
import { VersionsPanel } from "./versions-panel.tsx";

/** For those who may ask for another version. */
const ProposePanel = dynamic(async () => (await import("./propose-panel.tsx")).ProposePanel, { ssr: false, loading: () => <Skeleton lines={6} label="Loading the form" /> });

/** The version that an address names; undefined for the one in force. */
function versionIn(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
}

/** One profile: what it says of each variable, its versions with what each changed, and asking for another one. */
export function ProfilePage({ id }: { readonly id: string }) {
  const version = versionIn(useSearchParams().get("version"));
  const call = useCall("profiles.get", { profile: id, ...(version !== undefined && { version }) });
  return (
    <>
      <PageHead title="Classification profile">
        <Link href="/profiles">All profiles</Link>
      </PageHead>
      {call.isPending && <Skeleton lines={8} label="Loading the profile" />}
      {call.data === undefined && call.error !== null && <Refusal failure={call.error} onRetry={() => void call.refetch()} />}
      {call.data !== undefined && <Shown key={call.data.digest} profile={call.data} />}
    </>
  );
}

const NO_EDITS: Edits = new Map();

function Shown({ profile }: { readonly profile: Profile }) {
  const mayChange = useMay("profile.change") && profile.inForce;
  const [edits, setEdits] = useState(NO_EDITS);
  return (
    <div className="profile">
      <ProfileHead profile={profile} />
      {profile.changes.length > 0 && <ChangesPanel version={profile.version} changes={profile.changes} />}
      <RulesPanel profile={profile} edits={edits} onEdits={mayChange ? setEdits : null} />
      {mayChange && <ProposePanel profile={profile} edits={edits} onClear={() => setEdits(NO_EDITS)} />}
      <VersionsPanel profile={profile} />
    </div>
  );
}
