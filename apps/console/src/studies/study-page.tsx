"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { SearchField } from "../components/search-field.tsx";
import { Badge, EmptyState, PageHead, Panel, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { useMay, useMe } from "../frame/me.ts";
import { counted } from "../packets/packet-text.ts";
import { type Site, sitesShown, type Study } from "./study-text.ts";

const AddSite = dynamic(async () => (await import("./add-site.tsx")).AddSite, { ssr: false });
const ChangeTitle = dynamic(async () => (await import("./change-title.tsx")).ChangeTitle, { ssr: false });
const ChangeRetention = dynamic(async () => (await import("./change-retention.tsx")).ChangeRetention, { ssr: false });
const SiteDrawer = dynamic(async () => (await import("./site-drawer.tsx")).SiteDrawer, { ssr: false });

/** One study with its sites. */
export function StudyPage({ id }: { readonly id: string }) {
  const list = useCall("studies.list", {});
  // What can be done stands among what is shown, so both are drawn at once and nothing moves.
  const isPending = useMe().isPending || list.isPending;
  const study = isPending ? undefined : list.data?.studies.find((each) => each.study === id);
  return (
    <div className="stack">
      <PageHead title="Study">
        <Link href="/studies">All studies</Link>
      </PageHead>
      {isPending && (
        <div className="panel">
          <Skeleton lines={8} label="Loading the study" />
        </div>
      )}
      {list.data === undefined && list.error !== null && <Refusal failure={list.error} onRetry={() => void list.refetch()} />}
      {!isPending && list.data !== undefined && study === undefined && (
        <section className="panel">
          <EmptyState title="No such study reaches you">It isn't registered, or none of your roles reaches it.</EmptyState>
        </section>
      )}
      {study !== undefined && <Shown study={study} />}
    </div>
  );
}

function Shown({ study }: { readonly study: Study }) {
  const router = useRouter();
  const query = useSearchParams();
  const mayRegister = useMay("study.register");
  const [act, setAct] = useState<"add" | "title" | "retention" | null>(null);
  const [text, setText] = useState("");
  const shown = sitesShown(study.sites, text);
  const opened = study.sites.find(({ site }) => site === query.get("site"));
  const path = `/studies/${encodeURIComponent(study.study)}`;
  const close = () => setAct(null);
  return (
    <>
      <section className="panel" aria-label="The study">
        <div className="panel-head">
          <h2 className="panel-title">{study.title}</h2>
          {mayRegister && (
            <div className="head-acts">
              <Button onPress={() => setAct("retention")}>Change how long data are kept</Button>
              <Button onPress={() => setAct("title")}>Change the title</Button>
            </div>
          )}
        </div>
        <dl className="pairs pairs-plain">
          <dt>Study</dt>
          <dd>
            <code>{study.study}</code>
          </dd>
          <dt>Classification profile</dt>
          <dd>
            <code>{study.profile}</code>
          </dd>
          <dt>Data kept until</dt>
          <dd>{study.retainedUntil === null ? "nobody has said: nothing of it may be shredded" : <time dateTime={study.retainedUntil}>{study.retainedUntil}</time>}</dd>
          <dt>Sites</dt>
          <dd>
            {counted(study.sites.length, "site")}, {study.sites.filter(({ closedAt }) => closedAt !== null).length} closed
          </dd>
        </dl>
      </section>
      <Panel id="sites-title" title="Sites" acts={mayRegister && <Button onPress={() => setAct("add")}>Add a site</Button>}>
        <div className="filter-row">
          <SearchField label="Filter" value={text} onChange={setText} maxLength={80} />
          <output className="quiet filter-count">
            {shown.length} of {study.sites.length}
          </output>
        </div>
        {shown.length === 0 ? (
          <EmptyState title="No site matches">The filter looks at ids, names, countries, and open or closed.</EmptyState>
        ) : (
          <Table
            caption="Sites"
            isLong
            rows={shown}
            keyOf={({ site }) => site}
            columns={columnsOf((site) => router.replace(`${path}?site=${encodeURIComponent(site)}`, { scroll: false }))}
          />
        )}
      </Panel>
      {act === "add" && <AddSite study={study} onClose={close} />}
      {act === "title" && <ChangeTitle study={study} onClose={close} />}
      {act === "retention" && <ChangeRetention study={study} onClose={close} />}
      {opened !== undefined && <SiteDrawer study={study.study} site={opened} onClose={() => router.replace(path, { scroll: false })} />}
    </>
  );
}

const columnsOf = (open: (site: string) => void): readonly Column<Site>[] => [
  {
    key: "site",
    title: "Site",
    isHeader: true,
    cell: ({ site, name }) => (
      <>
        <button type="button" className="row-open" onClick={() => open(site)}>
          {site}
        </button>
        <span className="row-under">{name}</span>
      </>
    ),
  },
  { key: "country", title: "Country", cell: ({ country }) => country },
  { key: "state", title: "State", cell: ({ closedAt }) => (closedAt === null ? <Badge tone="stands">open</Badge> : <Badge>closed</Badge>) },
  { key: "closed", title: "Closed", cell: ({ closedAt }) => (closedAt === null ? null : <Moment at={closedAt} />) },
];
