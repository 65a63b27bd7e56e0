"use client";

import Link from "next/link";
import { useSearchParams } from "next/navigation";
import { useMemo } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { useCall, usePages } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, EmptyState, Mask, PageHead, Skeleton } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { EmergencyButton } from "../emergency/emergency-button.tsx";
import { byStudy, placeQuery, readPlace, type SubjectPlace } from "./subject-place.ts";

type Subject = OutputOf<"subjects.list">["items"][number];

const columns: readonly Column<Subject>[] = [
  {
    key: "label",
    title: "Subject",
    isHeader: true,
    cell: ({ subjectId, label, withdrawnAt, isShredded }) => (
      <span className="subject-cell">
        <Link href={`/subjects/${subjectId}`} className="subject-label">
          {label}
        </Link>
        {withdrawnAt !== null && <Badge tone="caution">consent withdrawn</Badge>}
        {isShredded && <Badge tone="shut">shredded</Badge>}
      </span>
    ),
  },
  { key: "study", title: "Study", isWide: true, cell: ({ study }) => study },
  {
    key: "site",
    title: "Site",
    cell: ({ study, site }) => (
      <span>
        <span className="only-narrow">{study} · </span>
        {site}
      </span>
    ),
  },
  { key: "usubjid", title: "USUBJID", isWide: true, cell: () => <Mask label="masked identifier" /> },
];

/** The subjects at the reader's sites, under labels that a person can say and that tell nothing. */
export function SubjectsPage() {
  const params = useSearchParams();
  const place = useMemo(() => readPlace(new URLSearchParams(params.toString())), [params]);
  return (
    <>
      <PageHead title="Subjects" lead="Masked. A label names a subject and says nothing of them; opening a value is a crossing of its own.">
        <EmergencyButton />
      </PageHead>
      <div className="subjects">
        <Places place={place} />
        <section className="panel" aria-label="Subjects of this place">
          <List key={placeQuery(place)} place={place} />
        </section>
      </div>
    </>
  );
}

/** Studies and sites with their counts, as links. */
function Places({ place }: { readonly place: SubjectPlace }) {
  const all = useCall("subjects.list", { limit: 1 });
  if (all.isPending) return <Skeleton lines={5} label="Loading the sites" />;
  // The list beside it fails alike, and says why; of nothing there are no places.
  if (all.isError || all.data.total === 0) return <div />;
  const link = (where: SubjectPlace, text: string, count: number, className: string) => {
    const isHere = place.study === where.study && place.site === where.site;
    return (
      <Link href={`/subjects${placeQuery(where)}`} className={className} {...(isHere && { "aria-current": "true" as const })}>
        <span>{text}</span>
        <span className="number">{count.toLocaleString("en-GB")}</span>
      </Link>
    );
  };
  return (
    <nav className="places" aria-label="Studies and sites">
      {link({}, "All sites", all.data.total, "place place-all")}
      <ul>
        {byStudy(all.data.bySite).map(({ study, count, sites }) => (
          <li key={study}>
            {link({ study }, study, count, "place place-study")}
            <ul>
              {sites.map(({ site, count: atSite }) => (
                <li key={site}>{link({ study, site }, site, atSite, "place place-site")}</li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function List({ place }: { readonly place: SubjectPlace }) {
  const list = usePages("subjects.list", { ...place, limit: 50 });
  if (list.isPending) return <Skeleton lines={12} label="Loading subjects" />;
  if (list.data === undefined) return list.error === null ? null : <Refusal failure={list.error} onRetry={() => void list.refetch()} />;
  const items = list.data.pages.flatMap((page) => page.items);
  const total = list.data.pages.at(-1)?.total ?? 0;
  if (items.length === 0) {
    return (
      <EmptyState title="No subject here">
        {place.study === undefined
          ? "Subjects appear when a packet of their demographics is released at one of your sites."
          : "None of your sites in this place has a subject yet."}
      </EmptyState>
    );
  }
  return (
    <div className="subject-list">
      <output className="quiet">
        {items.length === total
          ? `${total.toLocaleString("en-GB")} ${total === 1 ? "subject" : "subjects"}`
          : `${items.length.toLocaleString("en-GB")} of ${total.toLocaleString("en-GB")} subjects`}
      </output>
      <Table caption="Subjects" columns={columns} rows={items} keyOf={({ subjectId }) => subjectId} />
      {list.isFetchNextPageError && <Refusal failure={list.error} onRetry={() => void list.fetchNextPage()} isInline />}
      {list.hasNextPage && (
        <Button onPress={() => void list.fetchNextPage()} isPending={list.isFetchingNextPage}>
          Show more
        </Button>
      )}
    </div>
  );
}
