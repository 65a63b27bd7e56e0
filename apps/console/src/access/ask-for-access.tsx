"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { ComboBox, type Option, Select } from "../components/choice.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { isoOf, localOf } from "../components/local-time.ts";
import { useMay } from "../frame/me.ts";
import { useTell } from "../frame/notices.tsx";
import { placeOf, usePlaces } from "../people/use-places.ts";
import { forPeople, useRoles } from "../people/use-roles.ts";
import { type AccessDraft, accessFaults, DAYS_MAX, roleOf } from "./access-draft.ts";
import { ANOTHER, STARTER_ROLES } from "./starter-roles.ts";

const WEEK_MS = 7 * 86_400_000;
const OTHER_ROLE: Option = { id: ANOTHER, text: "Another role", about: "named in your own words" };

/** Asks for a role for oneself, where and until when. One who may assign it decides. */
export function AskForAccess({ onClose }: { readonly onClose: () => void }) {
  const router = useRouter();
  const tell = useTell();
  const mayReadRoles = useMay("principal.read");
  const roles = useRoles({ enabled: mayReadRoles });
  const me = useCall("me.overview", {});
  const [now] = useState(() => new Date());
  const [draft, setDraft] = useState<AccessDraft>(() => ({ role: null, otherRole: "", study: "", site: "", until: localOf(new Date(now.getTime() + WEEK_MS)) }));
  const [isTried, setTried] = useState(false);
  const set = (change: Partial<AccessDraft>) => setDraft((before) => ({ ...before, ...change }));
  const faults = accessFaults(draft, now);
  const fault = (field: keyof AccessDraft): string | null => (isTried ? (faults[field] ?? null) : null);
  const role = roleOf(draft);
  const ask = useChange("approvals.requestAccess", {
    refreshes: ["approvals.list"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. Somebody who may assign the role has to approve it." });
      onClose();
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  return (
    <Dialog title="Ask for access" isOpen onClose={onClose}>
      <ActForm
        act="Ask for approval"
        isReady={Object.keys(faults).length === 0}
        onTried={() => setTried(true)}
        isPending={ask.isPending}
        failure={ask.error}
        onCancel={onClose}
        hint="Whoever decides reads it. At least eight characters; it is sealed beside the record."
        onGo={(reason) => {
          const until = isoOf(draft.until);
          if (role !== null && until !== null) ask.mutate({ role, study: draft.study, site: draft.site === "" ? "*" : draft.site, until, reason });
        }}
        recorded={
          <ul>
            <li>that you asked for this role, where and until when; nothing is yours before somebody has approved it</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <p>
          For {me.data === undefined ? "yourself" : <strong>{me.data.printedName}</strong>}, until a time that is at most {DAYS_MAX} days away. It ends by itself then.
        </p>
        <Select
          label="Role"
          options={[...(mayReadRoles && roles.options.length > 0 ? forPeople(roles.options) : STARTER_ROLES), OTHER_ROLE]}
          value={draft.role}
          onChange={(chosen) => set({ role: chosen })}
          error={fault("role")}
        />
        {draft.role === ANOTHER && (
          <Field
            label="Name of the role"
            isCode
            value={draft.otherRole}
            onChange={(otherRole) => set({ otherRole })}
            maxLength={40}
            autoComplete="off"
            error={fault("otherRole")}
          />
        )}
        <KnownPlace onChoose={(study, site) => set({ study, site })} />
        <div className="form-row">
          <Field label="Study" isCode value={draft.study} onChange={(study) => set({ study })} maxLength={40} autoComplete="off" error={fault("study")} />
          <Field label="Site" isCode value={draft.site} onChange={(site) => set({ site })} maxLength={20} autoComplete="off" error={fault("site")} hint="Empty: the whole study." />
        </div>
        <Field label="Until" type="datetime-local" value={draft.until} onChange={(until) => set({ until })} error={fault("until")} hint="Your time." />
      </ActForm>
    </Dialog>
  );
}

/** A place of those that the asker sees already; others are named by hand. */
function KnownPlace({ onChoose }: { readonly onChoose: (study: string, site: string) => void }) {
  const mayReadStudies = useMay("study.read");
  return mayReadStudies ? <KnownPlaces onChoose={onChoose} /> : null;
}

function KnownPlaces({ onChoose }: { readonly onChoose: (study: string, site: string) => void }) {
  const { places } = usePlaces({ withEverywhere: false });
  const [id, setId] = useState<string | null>(null);
  if (places.length === 0) return null;
  return (
    <ComboBox
      label="A place that you know"
      options={places}
      value={id}
      onChange={(chosen) => {
        setId(chosen);
        if (chosen === null) return;
        const { study, site } = placeOf(chosen);
        onChoose(study, site === "*" ? "" : site);
      }}
      hint="Or name another one below: asking tells nothing about what there is."
    />
  );
}
