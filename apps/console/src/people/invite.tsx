"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { ComboBox, Select } from "../components/choice.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { Refusal } from "../components/refusal.tsx";
import { useTell } from "../frame/notices.tsx";
import { ROLES } from "./roles.ts";

const USERNAME = /^[a-z][a-z0-9._-]{2,39}$/;
const REASON_MIN = 8;

interface Draft {
  readonly username: string;
  readonly printedName: string;
  readonly role: string | null;
  readonly place: string | null;
  readonly reason: string;
}

const EMPTY: Draft = { username: "", printedName: "", role: null, place: null, reason: "" };

/** What is missing of a draft, field by field; nothing where it is complete. */
function lacks({ username, printedName, role, place, reason }: Draft): Partial<Record<keyof Draft, string>> {
  return {
    ...(!USERNAME.test(username) && { username: "Three to forty of a–z, 0–9, dot, dash and underscore, beginning with a letter." }),
    ...(printedName.trim().length < 2 && { printedName: "Enter the name as it is to be printed." }),
    ...(role === null && { role: "Choose a role." }),
    ...(place === null && { place: "Choose where." }),
    ...(reason.trim().length < REASON_MIN && { reason: `At least ${REASON_MIN} characters.` }),
  };
}

/** Asks for an invitation. Nobody is invited by it: another administrator decides, and then the link is made. */
export function Invite({ onClose }: { readonly onClose: () => void }) {
  const router = useRouter();
  const tell = useTell();
  const studies = useCall("studies.list", {});
  const [draft, setDraft] = useState(EMPTY);
  const [isTried, setTried] = useState(false);
  const set = (change: Partial<Draft>) => setDraft((now) => ({ ...now, ...change }));
  const missing = lacks(draft);
  const error = (field: keyof Draft) => (isTried ? (missing[field] ?? null) : null);
  const ask = useChange("approvals.requestInvite", {
    refreshes: ["approvals.list"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. Another administrator has to approve it." });
      onClose();
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  const places = [
    { id: "*/*", text: "Everywhere", about: "all studies and sites" },
    ...(studies.data?.studies ?? []).flatMap(({ study, title, sites }) => [
      { id: `${study}/*`, text: `${study}, all sites`, about: title },
      ...sites.map(({ site, name, country }) => ({ id: `${study}/${site}`, text: `${study} / ${site}`, about: `${name}, ${country}` })),
    ]),
  ];
  return (
    <Dialog title="Invite a person" isOpen onClose={onClose}>
      <form
        className="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          const [study, site] = draft.place?.split("/") ?? [];
          if (Object.keys(missing).length > 0 || draft.role === null || study === undefined || site === undefined) return;
          ask.mutate({ username: draft.username, printedName: draft.printedName.trim(), role: draft.role, study, site, reason: draft.reason.trim() });
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
          <Select label="First role" options={ROLES} value={draft.role} onChange={(role) => set({ role })} error={error("role")} />
          {studies.isError ? (
            <Refusal failure={studies.error} isInline />
          ) : (
            <ComboBox label="Where" options={places} value={draft.place} onChange={(place) => set({ place })} error={error("place")} hint="A site, a whole study, or everywhere." />
          )}
          <Field
            label="Reason"
            value={draft.reason}
            onChange={(reason) => set({ reason })}
            rows={2}
            maxLength={500}
            error={error("reason")}
            hint="Whoever decides reads it; the trail holds a commitment to it."
          />
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
