"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { ComboBox, Select } from "../components/choice.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { endFault, isoOf } from "../components/local-time.ts";
import { REASON_MIN } from "../components/reason.ts";
import { Refusal } from "../components/refusal.tsx";
import { WillRecord } from "../components/will-record.tsx";
import { useTell } from "../frame/notices.tsx";
import { placeOf, usePlaces } from "./use-places.ts";
import { forPeople, useRoles } from "./use-roles.ts";

const USERNAME = /^[a-z][a-z0-9._-]{2,39}$/;

interface Draft {
  readonly username: string;
  readonly printedName: string;
  readonly role: string | null;
  readonly place: string | null;
  /** A date and a time here, or nothing. */
  readonly until: string;
  readonly reason: string;
}

const EMPTY: Draft = { username: "", printedName: "", role: null, place: null, until: "", reason: "" };

/** What is missing of a draft, field by field; nothing where it is complete. */
function lacks({ username, printedName, role, place, until, reason }: Draft, now: Date): Partial<Record<keyof Draft, string>> {
  return {
    ...(!USERNAME.test(username) && { username: "Three to forty of a–z, 0–9, dot, dash and underscore, beginning with a letter." }),
    ...(printedName.trim().length < 2 && { printedName: "Enter the name as it is to be printed." }),
    ...(role === null && { role: "Choose a role." }),
    ...(place === null && { place: "Choose where." }),
    ...(endFault(until, { after: now }) !== null && { until: endFault(until, { after: now }) ?? "" }),
    ...(reason.trim().length < REASON_MIN && { reason: `At least ${REASON_MIN} characters.` }),
  };
}

/** Asks for an invitation. Nobody is invited by it: another administrator decides, and then the link is made. */
export function Invite({ onClose }: { readonly onClose: () => void }) {
  const router = useRouter();
  const tell = useTell();
  const roles = useRoles();
  const { places, failure } = usePlaces();
  const [openedAt] = useState(() => new Date());
  const [draft, setDraft] = useState(EMPTY);
  const [isTried, setTried] = useState(false);
  const set = (change: Partial<Draft>) => setDraft((now) => ({ ...now, ...change }));
  const missing = lacks(draft, openedAt);
  const error = (field: keyof Draft) => (isTried ? (missing[field] ?? null) : null);
  const ask = useChange("approvals.requestInvite", {
    refreshes: ["approvals.list"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. Another administrator has to approve it." });
      onClose();
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  return (
    <Dialog title="Invite a person" isOpen onClose={onClose}>
      <form
        className="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (Object.keys(missing).length > 0 || draft.role === null || draft.place === null) return;
          const until = isoOf(draft.until);
          ask.mutate({
            username: draft.username,
            printedName: draft.printedName.trim(),
            role: draft.role,
            ...placeOf(draft.place),
            ...(until !== null && { until }),
            reason: draft.reason.trim(),
          });
        }}
      >
        <DialogBody>
          <div className="form-row">
            <Field
              label="Printed name"
              value={draft.printedName}
              onChange={(printedName) => set({ printedName })}
              maxLength={100}
              error={error("printedName")}
              autoComplete="off"
            />
            <Field
              label="User name"
              value={draft.username}
              onChange={(username) => set({ username: username.toLowerCase() })}
              maxLength={40}
              error={error("username")}
              autoComplete="off"
            />
          </div>
          {roles.failure !== null && <Refusal failure={roles.failure} isInline />}
          <Select
            label="First role"
            options={forPeople(roles.options)}
            isDisabled={roles.options.length === 0}
            value={draft.role}
            onChange={(role) => set({ role })}
            error={error("role")}
          />
          {failure !== null ? (
            <Refusal failure={failure} isInline />
          ) : (
            <ComboBox label="Where" options={places} value={draft.place} onChange={(place) => set({ place })} error={error("place")} hint="A site, a whole study, or everywhere." />
          )}
          <Field
            label="Until"
            type="datetime-local"
            value={draft.until}
            onChange={(until) => set({ until })}
            error={error("until")}
            hint="Your time. Their role ends by itself then, as an inspector's does: auditor, at the site that is inspected. Empty: without an end."
          />
          <Field
            label="Reason"
            value={draft.reason}
            onChange={(reason) => set({ reason })}
            rows={2}
            maxLength={500}
            error={error("reason")}
            hint="Whoever decides reads it; the trail holds a commitment to it."
          />
          <WillRecord withReason>
            <li>that you asked for this invitation, with exactly what is above; nobody is invited before another administrator has approved it</li>
          </WillRecord>
          {ask.isError && <Refusal failure={ask.error} isInline />}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" isPending={ask.isPending}>
            Ask for approval
          </Button>
        </DialogFoot>
      </form>
    </Dialog>
  );
}
