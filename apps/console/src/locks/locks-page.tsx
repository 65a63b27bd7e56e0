"use client";

import dynamic from "next/dynamic";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Icon } from "../components/icon.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, EmptyState, PageHead, Panel, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { useMay } from "../frame/me.ts";
import { KIND_TEXT, type Lock } from "./lock-text.ts";

const StandingLock = dynamic(async () => (await import("./standing-lock.tsx")).StandingLock, { ssr: false });
const SetLock = dynamic(async () => (await import("./set-lock.tsx")).SetLock, { ssr: false });

/** What is stopped now, and what was. */
export function LocksPage() {
  const router = useRouter();
  const query = useSearchParams();
  const list = useCall("locks.list", {});
  const maySet = useMay("lock.set");
  const [isSetting, setSetting] = useState(false);
  const locks = list.data?.locks ?? [];
  const [standing, past] = [locks.filter(({ isInForce }) => isInForce), locks.filter(({ isInForce }) => !isInForce)];
  const opened = locks.find(({ lockId }) => lockId === query.get("lock"));
  const columns = columnsOf((lockId) => router.replace(`/locks?lock=${lockId}`, { scroll: false }));
  return (
    <div className="stack">
      <PageHead title="Locks" lead="A stop at once, for a person, a service, a token, a role or a site. It waits for nobody; lifting somebody else's takes two.">
        {maySet && (
          <Button kind="danger" onPress={() => setSetting(true)}>
            <Icon name="locks" size={16} />
            Set a lock
          </Button>
        )}
      </PageHead>
      {list.isPending && (
        <div className="panel">
          <Skeleton lines={6} label="Loading locks" />
        </div>
      )}
      {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
      {list.data !== undefined && (
        <>
          <Panel id="in-force" title="In force">
            {standing.length === 0 ? (
              <EmptyState title="Nothing is stopped">A lock stands here from the moment that somebody sets it until it ends or is lifted.</EmptyState>
            ) : (
              <Table caption="Locks in force" isLong rows={standing} keyOf={({ lockId }) => lockId} columns={columns} />
            )}
          </Panel>
          {past.length > 0 && (
            <Panel id="past-locks" title="Past">
              <Table caption="Locks that ended or were lifted" isLong rows={past} keyOf={({ lockId }) => lockId} columns={columns} />
            </Panel>
          )}
        </>
      )}
      {isSetting && <SetLock onClose={() => setSetting(false)} />}
      {opened !== undefined && (
        <Dialog title="Lock" shape="drawer" isOpen onClose={() => router.replace("/locks", { scroll: false })}>
          <DialogBody>
            <p className="person-title">
              <strong>{opened.label}</strong> <Badge>{KIND_TEXT[opened.target.kind].name.toLowerCase()}</Badge>
            </p>
            <StandingLock key={`${opened.lockId} ${opened.isInForce}`} lock={opened} />
          </DialogBody>
        </Dialog>
      )}
    </div>
  );
}

const columnsOf = (open: (lockId: string) => void): readonly Column<Lock>[] => [
  {
    key: "what",
    title: "On",
    isHeader: true,
    cell: ({ lockId, label }) => (
      <button type="button" className="row-open" onClick={() => open(lockId)}>
        {label}
      </button>
    ),
  },
  { key: "kind", title: "Kind", cell: ({ target }) => KIND_TEXT[target.kind].name },
  { key: "by", title: "Set by", cell: ({ setBy }) => setBy },
  { key: "at", title: "Set", cell: ({ setAt }) => <Moment at={setAt} /> },
  {
    key: "until",
    title: "Until",
    cell: ({ until, lifted, isInForce }) =>
      lifted !== null ? (
        <>
          lifted <Moment at={lifted.at} />
        </>
      ) : until === null ? (
        "it is lifted"
      ) : (
        <>
          {!isInForce && "ended "}
          <Moment at={until} />
        </>
      ),
  },
  { key: "reason", title: "Reason", isWide: true, cell: ({ reason }) => reason },
];
