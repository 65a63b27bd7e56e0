"use client";

import Link from "next/link";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { ComboBox } from "../components/choice.tsx";
import { Field } from "../components/field.tsx";
import { Refusal } from "../components/refusal.tsx";
import { EmptyState, Panel, Skeleton } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { useMay } from "../frame/me.ts";
import { counted } from "../packets/packet-text.ts";
import { CsvButton } from "./csv-button.tsx";
import { StoppedAt } from "./stopped-at.tsx";
import { PathList } from "./path-list.tsx";
import { actKey } from "./policy-content.ts";
import type { ReachQuery } from "./reach-query.ts";

type WhatQuery = Extract<ReachQuery, { readonly ask: "what" }>;

interface WhatCanProps {
  readonly asked: WhatQuery;
  readonly onAsk: (asked: ReachQuery) => void;
}

/** All that somebody, or a service, may do anywhere. */
export function WhatCan({ asked: { principal }, onAsk }: WhatCanProps) {
  const mayList = useMay("principal.read");
  return (
    <>
      <section className="panel" aria-label="Question">
        {mayList ? <ChoosePrincipal principal={principal} onAsk={onAsk} /> : <NamePrincipal principal={principal} onAsk={onAsk} />}
      </section>
      {principal === null ? (
        <EmptyState title="Say who">All that they may do is listed, with each role and rule by which they may.</EmptyState>
      ) : (
        <Abilities key={principal} principal={principal} />
      )}
    </>
  );
}

interface ChooseProps extends Pick<WhatCanProps, "onAsk"> {
  readonly principal: string | null;
}

function ChoosePrincipal({ principal, onAsk }: ChooseProps) {
  const people = useCall("people.list", {});
  const services = useCall("workloads.list", {}, { enabled: useMay("workload.read") });
  const options = [
    ...(people.data?.people ?? []).map((person) => ({ id: person.principal, text: person.printedName, about: person.username })),
    ...(services.data?.workloads ?? []).map((service) => ({ id: service.principal, text: service.principal, about: "service" })),
  ];
  if (people.isPending) return <Skeleton lines={2} label="Loading who there is" />;
  return <ComboBox label="Who" options={options} value={principal} onChange={(id) => onAsk({ ask: "what", principal: id })} hint="A person by name, or a service." />;
}

/** For those who may read roles, and not who there is: by the id that stands in records. */
function NamePrincipal({ principal, onAsk }: ChooseProps) {
  const [text, setText] = useState(principal ?? "");
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (/^[A-Za-z0-9_.-]{1,64}$/.test(text.trim())) onAsk({ ask: "what", principal: text.trim() });
      }}
    >
      <Field label="Principal" value={text} onChange={setText} maxLength={64} isCode hint="As it stands in records: prn_… or svc_…" />
      <div className="form-acts">
        <Button type="submit" kind="primary">
          Show what they can do
        </Button>
      </div>
    </form>
  );
}

function Abilities({ principal }: { readonly principal: string }) {
  const call = useCall("policy.whatCan", { principal }, { isOnce: true });
  if (call.isPending) return <Skeleton lines={8} label="Working it out" />;
  if (call.data === undefined) return <Refusal failure={call.error} onRetry={() => void call.refetch()} />;
  const { abilities, principalName } = call.data;
  return (
    <Panel
      id="abilities-title"
      title={`${principalName ?? principal} has ${counted(abilities.length, "right")}`}
      acts={abilities.length > 0 && <CsvButton path="policy.whatCan" input={{ principal, format: "csv" }} name={`what-can-${principal}`} />}
    >
      {abilities.length === 0 ? (
        <EmptyState title="Nothing">They hold no role that is in force, none that a rule speaks of, or all that they have is stopped.</EmptyState>
      ) : (
        <Table
          isLong
          caption="What they can do"
          rows={abilities}
          keyOf={actKey}
          columns={[
            {
              key: "act",
              title: "Right",
              isHeader: true,
              cell: ({ action, resource }) => (
                <Link href={`/roles/reach?action=${action}&resource=${resource}`} className="row-open">
                  {action} {resource}
                </Link>
              ),
            },
            {
              key: "paths",
              title: "By",
              cell: ({ paths, stoppedAt }) => (
                <>
                  <PathList paths={paths} />
                  <StoppedAt sites={stoppedAt} />
                </>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}
