"use client";

import Link from "next/link";
import { useId } from "react";
import { useCall } from "../api/use-call.ts";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Skeleton } from "../components/states.tsx";
import { useMay, useMe } from "../frame/me.ts";
import { inUrgency } from "../overview/needs.ts";
import { type MyNotice, myNotices } from "./my-notices.ts";

const LIMIT = 50;

/** What waits for the person, what became of what they asked for, and what of theirs ends soon. */
export function NoticeDrawer({ onClose }: { readonly onClose: () => void }) {
  const mayRead = useMay("approval.read");
  const me = useMe();
  const waiting = useCall("approvals.list", { show: "decide", limit: LIMIT }, { enabled: mayRead });
  const mine = useCall("approvals.list", { show: "mine", limit: LIMIT }, { enabled: mayRead });
  const overview = useCall("overview.get", {}, { isBackground: true });
  const needs = inUrgency(overview.data?.needs ?? []).filter(({ kind }) => kind !== "approval");
  const isThere = me.data !== undefined && (!mayRead || (waiting.data !== undefined && mine.data !== undefined));
  const failure = isThere ? null : (waiting.error ?? mine.error ?? me.error);
  const notices = isThere
    ? myNotices({ waiting: waiting.data?.items ?? [], mine: mine.data?.items ?? [], assignments: me.data.assignments }, Math.max(mine.dataUpdatedAt, me.dataUpdatedAt))
    : null;
  return (
    <Dialog title="Notices" shape="drawer" isOpen onClose={onClose}>
      <DialogBody>
        {failure !== null && <Refusal failure={failure} />}
        {notices === null && failure === null && <Skeleton lines={6} label="Loading your notices" />}
        {notices !== null && (
          <>
            <Part title="Waits for you" notices={notices.waiting} when="open until" none="Nothing that you may decide." onGo={onClose} />
            {needs.length > 0 && (
              <section aria-labelledby="needs-of-mine">
                <h3 id="needs-of-mine" className="part-title">
                  Needs you
                </h3>
                <ul className="held-list">
                  {needs.map(({ kind, text, href }) => (
                    <li key={kind}>
                      <Link href={href} onClick={onClose}>
                        {text}
                      </Link>
                    </li>
                  ))}
                </ul>
              </section>
            )}
            <Part title="Decided this week" notices={notices.decided} when="" none="Nothing that you asked for." onGo={onClose} />
            <Part title="Ends within a week" notices={notices.ending} when="" none="Nothing of yours." onGo={onClose} />
          </>
        )}
      </DialogBody>
    </Dialog>
  );
}

interface PartProps {
  readonly title: string;
  readonly notices: readonly MyNotice[];
  /** What its time is. */
  readonly when: string;
  readonly none: string;
  readonly onGo: () => void;
}

function Part({ title, notices, when, none, onGo }: PartProps) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <h3 id={id} className="part-title">
        {title}
      </h3>
      {notices.length === 0 ? (
        <p className="quiet">{none}</p>
      ) : (
        <ul className="held-list">
          {notices.map(({ key, text, at, href }) => (
            <li key={key} className="held">
              <div>
                {href === null ? (
                  text
                ) : (
                  <Link href={href} onClick={onGo}>
                    {text}
                  </Link>
                )}
                <span className="row-under">
                  {when} <Moment at={at} />
                </span>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
