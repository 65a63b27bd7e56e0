"use client";

import Link from "next/link";
import { useSearchParams } from "next/navigation";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components/Tabs";
import { useCall } from "../api/use-call.ts";
import { Refusal } from "../components/refusal.tsx";
import { PageHead, Skeleton } from "../components/states.tsx";
import { useMay, useMe } from "../frame/me.ts";
import { Exposure } from "./exposure.tsx";
import { SubjectHead } from "./subject-head.tsx";
import { SubjectRecord } from "./subject-record.tsx";
import { useOpenValues } from "./use-open-values.ts";

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
  const call = useCall("subjects.get", { subjectId }, { isSensitive: true });
  const values = useOpenValues();

  const goTo = (key: string) => {
    values.cover("left");
    history.replaceState(null, "", `/subjects/${subjectId}${key === "exposure" ? "?tab=exposure" : ""}`);
  };
  if (call.isPending) return <Skeleton lines={3} label="Loading the subject" />;
  if (call.data === undefined) return call.error === null ? null : <Refusal failure={call.error} onRetry={() => void call.refetch()} />;
  return (
    <>
      <SubjectHead subject={call.data} />
      <Tabs className="tabs" selectedKey={tab} onSelectionChange={(key) => goTo(String(key))}>
        <TabList className="tab-list" aria-label="Parts of the subject">
          <Tab id="record" className="tab">
            Record
          </Tab>
          {mayExposure && (
            <Tab id="exposure" className="tab">
              Exposure
            </Tab>
          )}
        </TabList>
        <TabPanel id="record" className="tab-panel">
          <SubjectRecord subject={call.data} values={values} />
        </TabPanel>
        {mayExposure && (
          <TabPanel id="exposure" className="tab-panel">
            <Exposure subjectId={subjectId} />
          </TabPanel>
        )}
      </Tabs>
    </>
  );
}
