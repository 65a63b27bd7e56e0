"use client";

import Link from "next/link";
import { useCall } from "../api/use-call.ts";
import { ComboBox, type Option } from "../components/choice.tsx";
import { Refusal } from "../components/refusal.tsx";
import { EmptyState, Panel, Skeleton } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { counted } from "../packets/packet-text.ts";
import { CsvButton } from "./csv-button.tsx";
import { PathList } from "./path-list.tsx";
import type { CurrentPolicy } from "./policy-content.ts";
import { DEPLOYMENT, type ReachQuery } from "./reach-query.ts";

type WhoQuery = Extract<ReachQuery, { readonly ask: "who" }>;

interface WhoCanProps {
  readonly asked: WhoQuery;
  readonly current: CurrentPolicy;
  readonly onAsk: (asked: ReachQuery) => void;
}

const optionsOf = (names: readonly string[]): readonly Option[] => names.map((id) => ({ id, text: id }));

/** Everybody who may do an act on a thing at a place. */
export function WhoCan({ asked, current: { actions, resources, policy }, onAsk }: WhoCanProps) {
  const studies = useCall("studies.list", {});
  const { action, resource, place } = asked;
  // What some rule speaks of comes first: most acts make sense on one thing alone.
  const ruled = [...new Set(policy.content.grants.filter((grant) => grant.action === action).map((grant) => grant.resource))];
  const places = [
    { id: DEPLOYMENT, text: "The deployment", about: "what belongs to no site" },
    ...(studies.data?.studies ?? []).flatMap(({ study, sites }) => sites.map(({ site, name }) => ({ id: `${study}/${site}`, text: `${study}/${site}`, about: name }))),
  ];
  const chooseAction = (id: string | null) => {
    const of = [...new Set(policy.content.grants.filter((grant) => grant.action === id).map((grant) => grant.resource))];
    onAsk({ ...asked, action: id, resource: of.length === 1 ? (of[0] ?? null) : null });
  };
  return (
    <>
      <section className="panel" aria-label="Question">
        <div className="form-row">
          <ComboBox label="May do" options={optionsOf(actions)} value={action} onChange={chooseAction} />
          <ComboBox
            key={action}
            label="To"
            options={optionsOf([...ruled, ...resources.filter((one) => !ruled.includes(one))])}
            value={resource}
            onChange={(id) => onAsk({ ...asked, resource: id })}
          />
          <ComboBox label="Where" options={places} value={place} onChange={(id) => onAsk({ ...asked, place: id ?? DEPLOYMENT })} />
        </div>
      </section>
      {action !== null && resource !== null ? (
        <Holders action={action} resource={resource} place={place} />
      ) : (
        <EmptyState title="Say what is to be done, and to what">Everybody who may do it is listed, with each role and rule by which they may.</EmptyState>
      )}
    </>
  );
}

function Holders({ action, resource, place }: { readonly action: string; readonly resource: string; readonly place: string }) {
  const call = useCall("policy.whoCan", { action, resource, place }, { isOnce: true });
  if (call.isPending) return <Skeleton lines={6} label="Working it out" />;
  if (call.data === undefined) return <Refusal failure={call.error} onRetry={() => void call.refetch()} />;
  const { holders } = call.data;
  return (
    <Panel
      id="holders-title"
      title={`${counted(holders.length, "holder")} of this right`}
      acts={holders.length > 0 && <CsvButton path="policy.whoCan" input={{ action, resource, place, format: "csv" }} name={`who-can-${action}`} />}
    >
      {holders.length === 0 ? (
        <EmptyState title="Nobody can">No rule of the policy allows it to a role that anybody holds there.</EmptyState>
      ) : (
        <Table
          isLong
          caption="Who can"
          rows={holders}
          keyOf={({ principal }) => principal}
          columns={[
            {
              key: "who",
              title: "Who",
              isHeader: true,
              cell: ({ principal, principalName }) => (
                <>
                  <Link href={`/roles/reach?ask=what&principal=${principal}`} className="row-open">
                    {principalName ?? principal}
                  </Link>
                  {principalName !== null && <code className="row-under">{principal}</code>}
                </>
              ),
            },
            { key: "fields", title: "Fields", cell: ({ readable, masked }) => fieldsText(readable, masked) },
            { key: "paths", title: "By", cell: ({ paths }) => <PathList paths={paths} /> },
          ]}
        />
      )}
    </Panel>
  );
}

const fieldsText = (readable: readonly string[], masked: readonly string[]): string =>
  [...(readable.length > 0 ? [`reads ${readable.join(", ")}`] : []), ...(masked.length > 0 ? [`masks ${masked.join(", ")}`] : [])].join("; ") || "none";
