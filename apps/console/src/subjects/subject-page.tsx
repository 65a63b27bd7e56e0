"use client";

import Link from "next/link";
import { useSearchParams } from "next/navigation";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components/Tabs";
import { useCall } from "../api/use-call.ts";
import { Refusal } from "../components/refusal.tsx";
import { Mask, PageHead, Skeleton } from "../components/states.tsx";
import { useMay } from "../frame/me.ts";
import { Exposure } from "./exposure.tsx";
import { placeQuery } from "./subject-place.ts";
import { SubjectRecord } from "./subject-record.tsx";
import { useOpenValues } from "./use-open-values.ts";

/** One subject: the record, and who could see it. Nothing of it is in the page's address or title but the id that we gave it. */
export function SubjectPage({ subjectId }: { readonly subjectId: string }) {
  const params = useSearchParams();
  const mayExposure = useMay("exposure.read");
  const tab = mayExposure && params.get("tab") === "exposure" ? "exposure" : "record";
  const call = useCall("subjects.get", { subjectId }, { isSensitive: true });
  const values = useOpenValues();

  const goTo = (key: string) => {
    values.cover("left");
    history.replaceState(null, "", `/subjects/${subjectId}${key === "exposure" ? "?tab=exposure" : ""}`);
  };
  return (
    <>
      <PageHead title="Subject">
        <Link href="/subjects">All subjects</Link>
      </PageHead>
      {call.isPending && <Skeleton lines={3} label="Loading the subject" />}
      {call.isError && call.data === undefined && <Refusal failure={call.error} onRetry={() => void call.refetch()} />}
      {call.data !== undefined && (
        <>
          <div className="subject-head">
            <p className="subject-name">{call.data.label}</p>
            <dl className="subject-facts">
              <div>
                <dt>Study</dt>
                <dd>
                  <Link href={`/subjects${placeQuery({ study: call.data.study })}`}>{call.data.study}</Link>
                </dd>
              </div>
              <div>
                <dt>Site</dt>
                <dd>
                  <Link href={`/subjects${placeQuery({ study: call.data.study, site: call.data.site })}`}>{call.data.site}</Link>
                </dd>
              </div>
              <div>
                <dt>USUBJID</dt>
                <dd>
                  <Mask label="masked identifier" />
                </dd>
              </div>
            </dl>
          </div>
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
      )}
    </>
  );
}
