"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { useSearchParams } from "next/navigation";
import { useEffect } from "react";
import { usePages } from "../api/use-call.ts";
import { Refusal } from "../components/refusal.tsx";
import { PageHead, Skeleton } from "../components/states.tsx";
import { useMay, useMe } from "../frame/me.ts";
import { DomainChoice } from "./domain-choice.tsx";
import { RecordHistory } from "./record-history.tsx";
import { SubjectHead } from "./subject-head.tsx";
import { SubjectRecord } from "./subject-record.tsx";
import { readDomain, subjectPath } from "./subject-place.ts";
import { useOpenValues } from "./use-open-values.ts";

/** For those who may, and who look there. */
const Exposure = dynamic(async () => (await import("./exposure.tsx")).Exposure, { ssr: false, loading: () => <Skeleton lines={6} label="Loading the exposure" /> });
const ConsentMark = dynamic(async () => (await import("./consent-mark.tsx")).ConsentMark, { ssr: false });
const ShredMark = dynamic(async () => (await import("./shred-mark.tsx")).ShredMark, { ssr: false });
const ShreddedRecord = dynamic(async () => (await import("./shred-mark.tsx")).ShreddedRecord, { ssr: false });
const SubjectActs = dynamic(async () => (await import("./subject-acts.tsx")).SubjectActs, { ssr: false });
/** The page comes alive without what keeps the tabs: it is fetched when there is something to put under them. */
const SubjectTabs = dynamic(async () => (await import("./subject-tabs.tsx")).SubjectTabs, { ssr: false });

/**
 * One subject: the record, and who could see it. An auditor sees the second without the first. Nothing of the subject is in the page's
 * address or title but the id that we gave it.
 */
export function SubjectPage({ subjectId }: { readonly subjectId: string }) {
  const me = useMe();
  const [mayRead, mayExposure] = [useMay("subject.read"), useMay("exposure.read")];
  const isExposureAlone = mayExposure && !mayRead;
  return (
    <>
      <PageHead title="Subject">
        <Link href="/subjects">All subjects</Link>
      </PageHead>
      {me.isPending ? (
        <Skeleton lines={3} label="Loading the subject" />
      ) : isExposureAlone ? (
        <Exposure subjectId={subjectId} isAlone />
      ) : (
        <SubjectWhole subjectId={subjectId} mayExposure={mayExposure} />
      )}
    </>
  );
}

function SubjectWhole({ subjectId, mayExposure }: { readonly subjectId: string; readonly mayExposure: boolean }) {
  const params = useSearchParams();
  const tab = mayExposure && params.get("tab") === "exposure" ? "exposure" : "record";
  const [mayWithdraw, mayTransfer] = [useMay("subject.withdraw"), useMay("subject.transfer")];
  const mayAct = mayWithdraw || mayTransfer;
  const asked = params.get("domain");
  const domain = readDomain(asked);
  const call = usePages("subjects.get", { subjectId, domain }, { isSensitive: true, keepsPrevious: true });
  const values = useOpenValues();

  const goTo = (where: { readonly tab: string; readonly domain: string }) => {
    values.cover("left");
    history.replaceState(null, "", subjectPath(subjectId, where));
  };
  const [first] = call.data?.pages ?? [];
  const other = first === undefined || first.domains.some((each) => each.domain === domain) ? null : (first.domains[0]?.domain ?? null);
  useEffect(() => {
    // A subject that came from another source than SDTM has no demographics: its own domain is shown.
    if (asked === null && other !== null) history.replaceState(null, "", subjectPath(subjectId, { tab, domain: other }));
  }, [asked, other, subjectId, tab]);
  if (call.isPending) return <Skeleton lines={3} label="Loading the subject" />;
  if (first === undefined) return call.error === null ? null : <Refusal failure={call.error} onRetry={() => void call.refetch()} />;
  const fields = call.data?.pages.flatMap((page) => page.fields) ?? [];
  const more = call.hasNextPage ? { isPending: call.isFetchingNextPage, failure: call.isFetchNextPageError ? call.error : null, go: () => void call.fetchNextPage() } : null;
  return (
    <RecordHistory subjectId={subjectId} values={values}>
      <SubjectHead subject={first}>
        {first.isShredded && <ShredMark shred={first.shred} />}
        {first.withdrawnAt !== null && !first.isShredded && <ConsentMark subjectId={subjectId} withdrawnAt={first.withdrawnAt} values={values} />}
        {mayAct && !first.isShredded && <SubjectActs subject={first} />}
      </SubjectHead>
      <SubjectTabs
        at={tab}
        onGo={(to) => goTo({ tab: to, domain })}
        parts={[
          {
            id: "record",
            title: "Record",
            content: first.isShredded ? (
              <ShreddedRecord shred={first.shred} />
            ) : (
              <div className="record-page">
                <DomainChoice domains={first.domains} at={domain} onGo={(to) => goTo({ tab, domain: to })} />
                {call.isPlaceholderData ? <Skeleton lines={8} label="Loading the domain" /> : <SubjectRecord subject={{ ...first, fields }} values={values} more={more} />}
              </div>
            ),
          },
          ...(mayExposure ? [{ id: "exposure", title: "Exposure", content: <Exposure subjectId={subjectId} /> }] : []),
        ]}
      />
    </RecordHistory>
  );
}
