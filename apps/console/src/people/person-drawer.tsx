"use client";

import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Moment } from "../components/moment.tsx";
import { Badge } from "../components/states.tsx";
import { useMay } from "../frame/me.ts";
import { ActOnPerson } from "./act-on-person.tsx";
import { type Person, proofText, STATUS } from "./people.tsx";
import { placeText } from "./place-text.ts";

/** One person: what is known of them, and what an administrator can do, with what each act means. */
export function PersonDrawer({ person, onClose }: { readonly person: Person; readonly onClose: () => void }) {
  const maySuspend = useMay("person.suspend");
  const mayReinstate = useMay("person.reinstate");
  const mayRecover = useMay("authenticator.recover");
  const mayEnd = useMay("session.end");
  const { personId, status, isAdministrator, sessions } = person;
  return (
    <Dialog title="Person" shape="drawer" isOpen onClose={onClose}>
      <DialogBody>
        <p className="person-title">
          <strong>{person.printedName}</strong> <Badge tone={STATUS[status].tone}>{STATUS[status].text}</Badge>
          {isAdministrator && <Badge>administrator</Badge>}
        </p>
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
          <dt>Sessions</dt>
          <dd>{sessions}</dd>
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
        <section aria-labelledby="roles-title">
          <h3 id="roles-title" className="part-title">
            Roles
          </h3>
          {person.assignments.length === 0 ? (
            <p className="quiet">None: everything is denied.</p>
          ) : (
            <ul className="role-list">
              {person.assignments.map((each) => (
                <li key={`${each.role} ${each.study}/${each.site}`}>
                  <code>{each.role}</code> <span className="quiet">{placeText(each)}</span> {each.until !== null && <span className="quiet">until {each.until.slice(0, 10)}</span>}
                </li>
              ))}
            </ul>
          )}
        </section>
        {mayEnd && sessions > 0 && (
          <ActOnPerson
            path="people.endSessions"
            personId={personId}
            title="End all sessions"
            button="End sessions"
            effect="They are signed out everywhere, and can sign in again."
          />
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
      </DialogBody>
    </Dialog>
  );
}
