"use client";

import dynamic from "next/dynamic";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { Icon } from "../components/icon.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, EmptyState, PageHead, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { useMay } from "../frame/me.ts";

export type Recipient = OutputOf<"recipients.list">["recipients"][number];

const RecipientForm = dynamic(async () => (await import("./recipient-form.tsx")).RecipientForm, { ssr: false });
const RoutesDrawer = dynamic(async () => (await import("./routes-drawer.tsx")).RoutesDrawer, { ssr: false });
const WithdrawRecipient = dynamic(async () => (await import("./withdraw-recipient.tsx")).WithdrawRecipient, { ssr: false });

/** Whom packets are sealed to, with the fingerprints of their keys, and where each takes them. */
export function RecipientsPage() {
  const router = useRouter();
  const routesOf = useSearchParams().get("routes");
  const mayLook = useMay("outbox.read");
  const list = useCall("recipients.list", {});
  const [opened, setOpened] = useState<{ readonly act: "add" } | { readonly act: "change" | "withdraw"; readonly recipient: Recipient } | null>(null);
  const { data } = list;
  const close = () => setOpened(null);
  const routed = data?.recipients.find(({ recipientId }) => recipientId === routesOf);
  const showRoutes = mayLook ? ({ recipientId }: Recipient) => router.replace(`/recipients?routes=${recipientId}`, { scroll: false }) : null;
  return (
    <>
      <PageHead title="Recipients" lead="Agencies and sponsors that packets are sealed to. Two administrators register, change or withdraw one.">
        {data?.mayChange === true && (
          <Button kind="primary" onPress={() => setOpened({ act: "add" })}>
            <Icon name="plus" size={16} />
            Register a recipient
          </Button>
        )}
      </PageHead>
      <section className="panel" aria-label="Recipients">
        {list.isPending && <Skeleton lines={4} label="Loading recipients" />}
        {data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
        {data !== undefined && data.recipients.length === 0 && (
          <EmptyState title="Nobody is registered">
            A recipient gives the line that begins with <code>age1</code>; its fingerprint comes by another way, and a second administrator compares it.
          </EmptyState>
        )}
        {data !== undefined && data.recipients.length > 0 && (
          <Table caption="Recipients, by name" isLong rows={data.recipients} keyOf={({ recipientId }) => recipientId} columns={columnsOf(data.mayChange, setOpened, showRoutes)} />
        )}
      </section>
      {opened?.act === "add" && <RecipientForm recipient={null} onClose={close} />}
      {opened?.act === "change" && <RecipientForm recipient={opened.recipient} onClose={close} />}
      {opened?.act === "withdraw" && <WithdrawRecipient recipient={opened.recipient} onClose={close} />}
      {mayLook && routed !== undefined && <RoutesDrawer recipient={routed} onClose={() => router.replace("/recipients", { scroll: false })} />}
    </>
  );
}

const columnsOf = (
  mayChange: boolean,
  open: (what: { readonly act: "change" | "withdraw"; readonly recipient: Recipient }) => void,
  showRoutes: ((recipient: Recipient) => void) | null,
): readonly Column<Recipient>[] => [
  {
    key: "name",
    title: "Recipient",
    isHeader: true,
    cell: ({ name, kind }) => (
      <>
        {name}
        <span className="row-under">{kind}</span>
      </>
    ),
  },
  { key: "state", title: "State", cell: ({ state }) => <Badge tone={state === "active" ? "stands" : "neutral"}>{state}</Badge> },
  {
    key: "key",
    title: "Fingerprint of the key",
    cell: ({ fingerprint, key }) => (
      <>
        <code className="document-digest">{fingerprint}</code> <CopyButton text={key} label={`Copy the key ${key.slice(0, 12)}`} />
      </>
    ),
  },
  { key: "since", title: "Since", isWide: true, cell: ({ since }) => <Moment at={since} /> },
  {
    key: "acts",
    title: "Acts",
    isAct: true,
    cell: (recipient) =>
      recipient.state === "active" ? (
        <div className="form-acts">
          {showRoutes !== null && (
            <Button aria-label={`Routes to ${recipient.name}`} onPress={() => showRoutes(recipient)}>
              Routes
            </Button>
          )}
          {mayChange && <Button onPress={() => open({ act: "change", recipient })}>Change</Button>}
          {mayChange && (
            <Button kind="quiet" onPress={() => open({ act: "withdraw", recipient })}>
              Withdraw
            </Button>
          )}
        </div>
      ) : null,
  },
];
