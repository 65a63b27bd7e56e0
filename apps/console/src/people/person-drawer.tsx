"use client";

import dynamic from "next/dynamic";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Moment } from "../components/moment.tsx";
import { Badge } from "../components/states.tsx";
import { useMay, useMe } from "../frame/me.ts";
import { LockOf } from "../locks/lock-of.tsx";
import { ActOnPerson } from "./act-on-person.tsx";
import { HeldRoles } from "./held-roles.tsx";
import { OffboardPerson } from "./offboard-person.tsx";
import { CheckIdentity } from "./check-identity.tsx";
import { IDENTITY_TEXT, type Person, proofText, STATUS } from "./person-text.ts";

const SetAddress = dynamic(async () => (await import("./set-address.tsx")).SetAddress, { ssr: false });

interface PersonDrawerProps {
  readonly person: Person;
  readonly nowMs: number;
  readonly onClose: () => void;
}

/** One person: what is known of them, what they hold, and what an administrator can do, with what each act means. */
export function PersonDrawer({ person, nowMs, onClose }: PersonDrawerProps) {
  const mayCheck = useMay("person.invite");
  const isMyself = useMe().data?.personId === person.personId;
  const { personId, status, isAdministrator } = person;
  const hasLeft = status === "left";
  return (
    <Dialog title="Person" shape="drawer" isOpen onClose={onClose}>
      <DialogBody>
        <p className="person-title">
          <strong>{person.printedName}</strong> <Badge tone={STATUS[status].tone}>{STATUS[status].text}</Badge>
          {isAdministrator && <Badge>administrator</Badge>}
          {person.isLocked && <Badge tone="shut">locked</Badge>}
        </p>
        {hasLeft && <p className="advice">They have left for good. Their name and user name stay with what they did and signed, and are never given to anybody else.</p>}
        <dl className="pairs pairs-plain">
          <dt>User name</dt>
          <dd>
            <code>{person.username}</code>
          </dd>
          <dt>Principal</dt>
          <dd>
            <code>{person.principal}</code>
          </dd>
          <dt>Proves by</dt>
          <dd>{proofText(person)}</dd>
          <dt>Identity</dt>
          <dd>
            {person.identity === null ? (
              "not checked: they can't sign"
            ) : (
              <>
                checked <Moment at={person.identity.checkedAt} />, by {IDENTITY_TEXT[person.identity.how]}
              </>
            )}
          </dd>
          <dt>Sessions</dt>
          <dd>{person.sessions}</dd>
          <dt>Last active</dt>
          <dd>{person.lastSeenAt === null ? "never" : <Moment at={person.lastSeenAt} />}</dd>
          {person.locked.map(({ method, until }) => (
            <div key={method} className="pair">
              <dt>Locked</dt>
              <dd>
                {method}, until <Moment at={until} />
              </dd>
            </div>
          ))}
        </dl>
        <HeldRoles principal={person.principal} name={person.printedName} assignments={person.assignments} isOpen={!hasLeft && !isMyself} nowMs={nowMs} />
        {!hasLeft && !isMyself && (
          <LockOf
            target={{ kind: "person", personId }}
            {...(isAdministrator && { note: "They are an administrator, so the lock ends after a day: a lasting stop is a suspension." })}
          />
        )}
        {!hasLeft && !isMyself && mayCheck && <CheckIdentity person={person} />}
        {!hasLeft && !isMyself && mayCheck && <SetAddress person={person} />}
        {!hasLeft && <Standing person={person} />}
        {!hasLeft && !isMyself && <OffboardPerson person={person} nowMs={nowMs} />}
      </DialogBody>
    </Dialog>
  );
}

/** What ends sessions, and what stops somebody for longer or lets them act again. */
function Standing({ person: { personId, status, isAdministrator, sessions } }: { readonly person: Person }) {
  const maySuspend = useMay("person.suspend");
  const mayReinstate = useMay("person.reinstate");
  const mayRecover = useMay("authenticator.recover");
  const mayEnd = useMay("session.end");
  return (
    <>
      {mayEnd && sessions > 0 && (
        <ActOnPerson path="people.endSessions" personId={personId} title="End all sessions" button="End sessions" effect="They are signed out everywhere, and can sign in again." />
      )}
      {maySuspend && status !== "suspended" && !isAdministrator && (
        <ActOnPerson
          path="people.suspend"
          personId={personId}
          title="Suspend"
          button="Suspend now"
          isDanger
          effect="At once: sessions end, tokens stop within a second, and they can't sign in. Reinstating takes two."
        />
      )}
      {maySuspend && status !== "suspended" && isAdministrator && (
        <ActOnPerson
          path="approvals.requestSuspend"
          personId={personId}
          title="Suspend this administrator"
          button="Ask for approval"
          isDanger
          effect="Another administrator has to approve. Two administrators always remain."
        />
      )}
      {mayReinstate && status === "suspended" && (
        <ActOnPerson
          path="approvals.requestReinstate"
          personId={personId}
          title="Reinstate"
          button="Ask for approval"
          effect="Another administrator has to approve. Their roles are as they were."
        />
      )}
      {mayRecover && status !== "suspended" && status !== "invited" && (
        <ActOnPerson
          path="approvals.requestRecovery"
          personId={personId}
          title="Recover a lost authenticator"
          button="Ask for approval"
          isDanger
          effect="Once approved, all their authenticators and sessions end, and a one-time link lets them enrol again. They sign nothing until then."
        />
      )}
    </>
  );
}
