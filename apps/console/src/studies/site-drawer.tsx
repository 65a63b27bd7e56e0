"use client";

import Link from "next/link";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { ActSection } from "../components/act-section.tsx";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, Skeleton } from "../components/states.tsx";
import { useMay } from "../frame/me.ts";
import { useTell } from "../frame/notices.tsx";
import { LockOf } from "../locks/lock-of.tsx";
import { heldKey, heldState, reaches } from "../people/held.ts";
import type { Person } from "../people/person-text.ts";
import { placeText } from "../people/place-text.ts";
import type { Site } from "./study-text.ts";

interface SiteDrawerProps {
  readonly study: string;
  readonly site: Site;
  readonly onClose: () => void;
}

/** One site: what it is, who is there, closing and opening it, and stopping it. */
export function SiteDrawer({ study, site: { site, name, country, closedAt }, onClose }: SiteDrawerProps) {
  const mayRegister = useMay("study.register");
  const mayReadPeople = useMay("principal.read");
  return (
    <Dialog title="Site" shape="drawer" isOpen onClose={onClose}>
      <DialogBody>
        <p className="person-title">
          <strong>{name}</strong> {closedAt === null ? <Badge tone="stands">open</Badge> : <Badge>closed</Badge>}
        </p>
        <dl className="pairs pairs-plain">
          <dt>Site</dt>
          <dd>
            <code>
              {study} / {site}
            </code>
          </dd>
          <dt>Country</dt>
          <dd>{country}</dd>
          {closedAt !== null && (
            <>
              <dt>Closed</dt>
              <dd>
                <Moment at={closedAt} />
              </dd>
            </>
          )}
        </dl>
        {mayReadPeople && <WhoIsThere study={study} site={site} />}
        {mayRegister && <Closing key={String(closedAt)} study={study} site={site} isClosed={closedAt !== null} />}
        <LockOf target={{ kind: "site", study, site }} note="A lock is for an incident; a site that has ended is closed." />
      </DialogBody>
    </Dialog>
  );
}

function WhoIsThere({ study, site }: { readonly study: string; readonly site: string }) {
  const list = useCall("people.list", {});
  const there = (list.data?.people ?? []).flatMap((person): { readonly person: Person; readonly held: Person["assignments"] }[] => {
    const held = person.assignments.filter((each) => reaches(each, { study, site }) && heldState(each, list.dataUpdatedAt) === "now");
    return held.length === 0 ? [] : [{ person, held }];
  });
  return (
    <section aria-labelledby="there-title">
      <h3 id="there-title" className="part-title">
        Who is there
      </h3>
      {list.isPending && <Skeleton lines={4} label="Loading people" />}
      {list.data === undefined && list.error !== null && <Refusal failure={list.error} isInline />}
      {list.data !== undefined && there.length === 0 && <p className="quiet">Nobody holds a role that reaches it.</p>}
      <ul className="held-list">
        {there.map(({ person: { personId, printedName }, held }) => (
          <li key={personId}>
            <Link href={`/people?person=${personId}`}>{printedName}</Link>
            <ul>
              {held.map((each) => (
                <li key={heldKey(each)} className="row-under">
                  <code>{each.role}</code> {placeText(each)}
                  {each.until !== null && (
                    <>
                      {" "}
                      until <Moment at={each.until} />
                    </>
                  )}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Closing({ study, site, isClosed }: { readonly study: string; readonly site: string; readonly isClosed: boolean }) {
  const tell = useTell();
  const act = useChange(isClosed ? "studies.reopenSite" : "studies.closeSite", {
    refreshes: ["studies.list"],
    onDone: () => tell({ tone: "done", text: isClosed ? "The site is open again." : "The site is closed. What is there stays readable." }),
  });
  return (
    <ActSection
      title={isClosed ? "Open the site again" : "Close the site"}
      button={isClosed ? "Open it again" : "Close it now"}
      isDanger={!isClosed}
      effect={
        <p>
          {isClosed
            ? "Packets can be brought in and released there again, within a second."
            : "Nothing new is uploaded or released there, and no subject moves there, within a second. What is there is read, revealed and exported as before."}
        </p>
      }
      recorded={<li>{isClosed ? "that you opened this site again, and when" : "that you closed this site, and when"}</li>}
      isPending={act.isPending}
      failure={act.error}
      onGo={(reason) => act.mutateAsync({ study, site, reason })}
    />
  );
}
