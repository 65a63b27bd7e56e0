"use client";

import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { ActSection } from "../components/act-section.tsx";
import { Field } from "../components/field.tsx";
import { endFault, isoOf } from "../components/local-time.ts";
import { Refusal } from "../components/refusal.tsx";
import { useMay } from "../frame/me.ts";
import { isTarget, KIND_TEXT, type LockTarget } from "./lock-text.ts";
import { StandingLock } from "./standing-lock.tsx";
import { useSetLock } from "./use-set-lock.ts";

interface LockOfProps {
  readonly target: LockTarget;
  /** What else has to be known before it is set. */
  readonly note?: string;
}

/** The lock that holds on something, with who may lift it; or setting one, where none does. */
export function LockOf({ target, note }: LockOfProps) {
  const mayRead = useMay("lock.read");
  const maySet = useMay("lock.set");
  const list = useCall("locks.list", {}, { enabled: mayRead });
  const standing = list.data?.locks.find((lock) => lock.isInForce && isTarget(lock.target, target));
  if (!mayRead) return null;
  if (list.data === undefined) return list.error === null ? null : <Refusal failure={list.error} isInline />;
  if (standing !== undefined) return <StandingLock key={standing.lockId} lock={standing} />;
  return maySet ? <SetHere target={target} {...(note !== undefined && { note })} /> : null;
}

function SetHere({ target, note }: LockOfProps) {
  const [until, setUntil] = useState("");
  const [isTried, setTried] = useState(false);
  const [openedAt] = useState(() => new Date());
  const act = useSetLock();
  const fault = endFault(until, { after: openedAt });
  const iso = isoOf(until);
  return (
    <ActSection
      title="Lock"
      button="Lock now"
      isDanger
      isReady={fault === null}
      onTried={() => setTried(true)}
      effect={
        <p>
          {KIND_TEXT[target.kind].effect} {note}
        </p>
      }
      recorded={<li>that you set this lock, on what, and until when</li>}
      isPending={act.isPending}
      failure={act.error}
      onGo={(reason) => act.mutateAsync({ target, ...(iso !== null && { until: iso }), reason })}
    >
      <Field label="Until" type="datetime-local" value={until} onChange={setUntil} error={isTried ? fault : null} hint="Your time. Empty: until it is lifted." />
    </ActSection>
  );
}
