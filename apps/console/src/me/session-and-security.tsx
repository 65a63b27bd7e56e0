"use client";

import { useCall } from "../api/use-call.ts";
import { PageHead, Panel, Skeleton } from "../components/states.tsx";
import { Refusal } from "../components/refusal.tsx";
import { AccessButton } from "../access/access-button.tsx";
import { Authenticators } from "./authenticators.tsx";
import { LinkedIdentities } from "./linked-identities.tsx";
import { MyAddress } from "./my-address.tsx";
import { MyRights } from "./my-rights.tsx";
import { MySessions } from "./my-sessions.tsx";

/** The session and security page: who I am here, what I sign in with, where I am signed in, what I may do. */
export function SessionAndSecurity() {
  const me = useCall("me.overview", {});
  return (
    <div className="stack">
      <PageHead title="Session and security" lead="What proves who you are, where you are signed in, and what you may do.">
        <AccessButton />
      </PageHead>
      {me.isPending && <Skeleton lines={9} label="Loading your security settings" />}
      {me.isError && <Refusal failure={me.error} onRetry={() => void me.refetch()} />}
      {me.data !== undefined && (
        <>
          {!me.data.maySign && (
            <p className="advice">
              <strong>Signing is off.</strong> Your access was recovered, and you have to enrol an authenticator of your own before you sign or approve again.
            </p>
          )}
          <Panel id="who" title="You">
            <dl className="pairs pairs-plain">
              <dt>Printed name</dt>
              <dd>{me.data.printedName}</dd>
              <dt>User name</dt>
              <dd>
                <code>{me.data.username}</code>
              </dd>
              <dt>Principal</dt>
              <dd>
                <code>{me.data.principal}</code>
              </dd>
              <dt>Policy in force</dt>
              <dd>
                <code>{me.data.policy}</code>
              </dd>
              <dt>Idle logoff</dt>
              <dd>after {Math.round(me.data.idleSeconds / 60)} minutes</dd>
            </dl>
          </Panel>
          <Authenticators me={me.data} />
          <MyAddress me={me.data} />
          <MySessions sessions={me.data.sessions} />
          <MyRights assignments={me.data.assignments} grants={me.data.grants} />
          <LinkedIdentities me={me.data} />
        </>
      )}
    </div>
  );
}
