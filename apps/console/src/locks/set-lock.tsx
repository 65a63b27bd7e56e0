"use client";

import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { ActForm } from "../components/act-form.tsx";
import { ComboBox, type Option, Select } from "../components/choice.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { endFault, isoOf } from "../components/local-time.ts";
import { Refusal } from "../components/refusal.tsx";
import { useMay } from "../frame/me.ts";
import { usePlaces } from "../people/use-places.ts";
import { useRoles } from "../people/use-roles.ts";
import { KIND_TEXT, LOCK_KINDS, type LockKind, targetOf } from "./lock-text.ts";
import { useSetLock } from "./use-set-lock.ts";

const KINDS: readonly Option[] = LOCK_KINDS.map((kind) => ({ id: kind, text: KIND_TEXT[kind].name }));

/** Sets a lock: on what, until when, why. It waits for nobody. */
export function SetLock({ onClose }: { readonly onClose: () => void }) {
  const [draft, setDraft] = useState({ kind: "person" as LockKind, id: null as string | null, until: "" });
  const [isTried, setTried] = useState(false);
  const [openedAt] = useState(() => new Date());
  const act = useSetLock(onClose);
  const target = draft.id === null ? null : targetOf(draft.kind, draft.id);
  const untilFault = endFault(draft.until, { after: openedAt });
  const until = isoOf(draft.until);
  return (
    <Dialog title="Set a lock" isOpen onClose={onClose}>
      <ActForm
        act="Lock now"
        isDanger
        isReady={target !== null && untilFault === null}
        onTried={() => setTried(true)}
        isPending={act.isPending}
        failure={act.error}
        onCancel={onClose}
        onGo={(reason) => target !== null && act.mutate({ target, ...(until !== null && { until }), reason })}
        recorded={
          <ul>
            <li>that you set this lock, on what, and until when</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <Select
          label="What is stopped"
          options={KINDS}
          value={draft.kind}
          onChange={(kind) => setDraft((now) => ({ ...now, kind: LOCK_KINDS.find((each) => each === kind) ?? "person", id: null }))}
        />
        <p>
          {KIND_TEXT[draft.kind].effect} {draft.kind === "person" && "A lock on an administrator ends after a day."}
        </p>
        <TargetChoice
          key={draft.kind}
          kind={draft.kind}
          id={draft.id}
          onChange={(id) => setDraft((now) => ({ ...now, id }))}
          error={isTried && target === null ? "Say what is to be stopped." : null}
        />
        <Field
          label="Until"
          type="datetime-local"
          value={draft.until}
          onChange={(end) => setDraft((now) => ({ ...now, until: end }))}
          error={isTried ? untilFault : null}
          hint="Your time. Empty: until it is lifted."
        />
      </ActForm>
    </Dialog>
  );
}

interface TargetChoiceProps {
  readonly kind: LockKind;
  readonly id: string | null;
  readonly onChange: (id: string | null) => void;
  readonly error: string | null;
}

/** The one that is stopped, of those that there are; a token by its id, as the trail has it. */
function TargetChoice({ kind, id, onChange, error }: TargetChoiceProps) {
  const people = useCall("people.list", {}, { enabled: kind === "person" });
  const mayReadServices = useMay("workload.read");
  const services = useCall("workloads.list", {}, { enabled: kind === "workload" && mayReadServices });
  const roles = useRoles({ enabled: kind === "role" });
  const { places } = usePlaces({ withEverywhere: false });
  if (kind === "token") {
    return (
      <Field label="Token" isCode value={id ?? ""} onChange={onChange} maxLength={64} error={error} autoComplete="off" hint="Its id (jti), as records of the trail have it." />
    );
  }
  const options: Readonly<Record<Exclude<LockKind, "token">, readonly Option[]>> = {
    person: (people.data?.people ?? [])
      .filter(({ status }) => status !== "left")
      .map(({ personId, printedName, username }) => ({ id: personId, text: `${printedName} (${username})` })),
    workload: (services.data?.workloads ?? []).map(({ principal, workload }) => ({ id: workload, text: principal, about: workload })),
    role: roles.options.filter(({ id: role }) => role !== "security_admin"),
    site: places.filter(({ id: place }) => !place.includes("*")),
  };
  const failure = people.error ?? services.error ?? roles.failure;
  return (
    <>
      {failure !== null && <Refusal failure={failure} isInline />}
      <ComboBox label={KIND_TEXT[kind].name} options={options[kind]} value={id} onChange={onChange} error={error} />
    </>
  );
}
