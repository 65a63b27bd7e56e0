"use client";

import dynamic from "next/dynamic";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { SearchField } from "../components/search-field.tsx";
import { Badge, EmptyState, PageHead, Skeleton } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { useMay } from "../frame/me.ts";
import { heldKey, heldState } from "../people/held.ts";
import { placeText } from "../people/place-text.ts";
import { certificateState, matches, type Service, STATUS } from "./service-text.ts";

const AskForService = dynamic(async () => (await import("./ask-for-service.tsx")).AskForService, { ssr: false });
const ServiceDrawer = dynamic(async () => (await import("./service-drawer.tsx")).ServiceDrawer, { ssr: false });

/** Every service: what it may do, and with which certificate it was last seen. */
export function ServicesPage() {
  const router = useRouter();
  const query = useSearchParams();
  const list = useCall("workloads.list", {});
  const mayCreate = useMay("workload.enrol");
  const [text, setText] = useState("");
  const [isCreating, setCreating] = useState(false);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const all = list.data?.workloads ?? [];
  const shown = all.filter((service) => matches(service, words));
  const opened = all.find(({ service }) => service === query.get("service"));
  const nowMs = list.dataUpdatedAt;
  return (
    <>
      <PageHead title="Services" lead="Programs that call under a name of their own: what they may do, and how they prove who they are.">
        {mayCreate && (
          <Button kind="primary" onPress={() => setCreating(true)}>
            <Icon name="plus" size={16} />
            Create a service
          </Button>
        )}
      </PageHead>
      <section className="panel" aria-label="Services">
        <div className="filter-row">
          <SearchField label="Filter" value={text} onChange={setText} maxLength={80} />
          <output className="quiet filter-count">{list.data !== undefined && `${shown.length} of ${all.length}`}</output>
        </div>
        {list.isPending && <Skeleton lines={8} label="Loading services" />}
        {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && all.length === 0 && (
          <EmptyState title="No services yet">A service is created here, approved by another administrator, and enrols on its own machine with a one-time code.</EmptyState>
        )}
        {all.length > 0 && shown.length === 0 && <EmptyState title="Nothing matches">The filter looks at names, titles, roles, places and status.</EmptyState>}
        {shown.length > 0 && (
          <Table
            caption="Services"
            rows={shown}
            keyOf={({ principal }) => principal}
            columns={[
              {
                key: "name",
                title: "Service",
                isHeader: true,
                cell: ({ service, created }) => (
                  <>
                    <button type="button" className="row-open" onClick={() => router.replace(`/services?service=${service}`, { scroll: false })}>
                      {service}
                    </button>
                    <span className="row-under">{created?.title ?? "of the first start"}</span>
                  </>
                ),
              },
              { key: "status", title: "Status", cell: ({ status }) => <Badge tone={STATUS[status].tone}>{STATUS[status].text}</Badge> },
              { key: "roles", title: "Roles", cell: (service) => <RoleList service={service} nowMs={nowMs} /> },
              { key: "certificate", title: "Certificate", cell: (service) => <CertificateText service={service} nowMs={nowMs} /> },
              { key: "seen", title: "Last seen", isWide: true, cell: ({ certificate }) => (certificate === null ? "never" : <Moment at={certificate.seenAt} />) },
            ]}
          />
        )}
      </section>
      {isCreating && <AskForService onClose={() => setCreating(false)} />}
      {opened !== undefined && <ServiceDrawer service={opened} nowMs={nowMs} onClose={() => router.replace("/services", { scroll: false })} />}
    </>
  );
}

function RoleList({ service: { assignments }, nowMs }: { readonly service: Service; readonly nowMs: number }) {
  const held = assignments.filter((each) => heldState(each, nowMs) !== "over");
  if (held.length === 0) return <span className="quiet">none</span>;
  return (
    <ul>
      {held.map((each) => (
        <li key={heldKey(each)}>
          <code>{each.role}</code> <span className="quiet">{placeText(each)}</span>
        </li>
      ))}
    </ul>
  );
}

function CertificateText({ service, nowMs }: { readonly service: Service; readonly nowMs: number }) {
  const state = certificateState(service, nowMs);
  return (
    <>
      {state === null ? <span className="quiet">not seen yet</span> : <Badge tone={state.tone}>{state.text}</Badge>}
      {service.certificate !== null && service.status !== "left" && (
        <span className="row-under">
          until <Moment at={service.certificate.notAfter} />
        </span>
      )}
    </>
  );
}
