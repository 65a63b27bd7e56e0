"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { useBatch } from "../api/use-batch.ts";
import { ActForm } from "../components/act-form.tsx";
import { Select } from "../components/choice.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { endFault, isoOf } from "../components/local-time.ts";
import { Refusal } from "../components/refusal.tsx";
import { Badge } from "../components/states.tsx";
import { useTell } from "../frame/notices.tsx";
import { counted } from "../packets/packet-text.ts";
import { PlaceChoice } from "./place-choice.tsx";
import { placeText } from "./place-text.ts";
import { placeOf, usePlaces } from "./use-places.ts";
import { forPeople, type RoleOption, useRoles } from "./use-roles.ts";

interface AssignRoleProps {
  readonly principal: string;
  readonly name: string;
  readonly onClose: () => void;
}

/** Gives somebody a role at one place or several, from–until. What takes two is asked for, a request for each place, and says so beforehand. */
export function AssignRole({ principal, name, onClose }: AssignRoleProps) {
  const router = useRouter();
  const tell = useTell();
  const { options, find, failure: rolesFailure } = useRoles();
  const { places, failure: placesFailure } = usePlaces();
  const [opening] = useState(() => ({ at: new Date(), id: crypto.randomUUID() }));
  const [draft, setDraft] = useState({ role: null as string | null, places: [] as readonly string[], from: "", until: "" });
  const [isTried, setTried] = useState(false);
  const assign = useBatch("assignments.assign", opening.id, ["people.list", "workloads.list"]);
  const ask = useBatch("approvals.requestAssignment", opening.id, ["approvals.list"]);
  const set = (change: Partial<typeof draft>) => setDraft((now) => ({ ...now, ...change }));
  const role = find(draft.role);
  const isAsked = role?.needsApproval === true;
  const batch = isAsked ? ask : assign;
  const fromFault = draft.from === "" || isoOf(draft.from) !== null ? null : "Enter a date and a time.";
  const untilFault = endFault(draft.until, { after: new Date(Math.max(opening.at.getTime(), Date.parse(isoOf(draft.from) ?? "") || 0)) });
  const isReady = role !== null && draft.places.length > 0 && fromFault === null && untilFault === null;
  const failed = batch.outcomes.flatMap((outcome, at) => (outcome.state === "failed" ? [{ outcome, place: draft.places[at] ?? "" }] : []));
  const go = async (reason: string) => {
    if (role === null) return;
    const [from, until] = [isoOf(draft.from), isoOf(draft.until)];
    const inputs = draft.places.map((place) => ({
      principal,
      role: role.role,
      ...placeOf(place),
      ...(from !== null && { from }),
      ...(until !== null && { until }),
      reason,
    }));
    const outcomes = await (isAsked ? ask.run(inputs) : assign.run(inputs));
    if (outcomes.some(({ state }) => state !== "done")) return;
    tell({
      tone: "done",
      text: isAsked ? "Asked for. Another administrator has to approve it." : `Assigned. It is in force ${from === null ? "within a second" : "from then on"}.`,
    });
    onClose();
    const [first] = outcomes;
    if (first?.state === "done" && "approval" in first.output) {
      router.push(outcomes.length === 1 ? `/approvals?show=mine&request=${first.output.approval.approvalId}` : "/approvals?show=mine&kind=role.assign");
    }
  };
  return (
    <Dialog title="Assign a role" isOpen onClose={onClose}>
      <ActForm
        act={isAsked ? "Ask for approval" : "Assign"}
        isReady={isReady}
        onTried={() => setTried(true)}
        isPending={batch.isRunning}
        failure={null}
        onCancel={onClose}
        onGo={(reason) => void go(reason)}
        recorded={
          <ul>
            <li>{isAsked ? "that you asked for this role for them, where, and from when to when" : "that you assigned this role to them, where, and from when to when"}</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <p>
          <strong>{name}</strong> may then do what the role allows, there and nowhere else.
        </p>
        {rolesFailure !== null && <Refusal failure={rolesFailure} isInline />}
        <Select
          label="Role"
          options={principal.startsWith("prn_") ? forPeople(options) : options}
          isDisabled={options.length === 0}
          value={draft.role}
          onChange={(chosen) => set({ role: chosen })}
          error={isTried && role === null ? "Choose a role." : null}
        />
        {role !== null && <RoleFacts role={role} />}
        {placesFailure !== null && <Refusal failure={placesFailure} isInline />}
        <PlaceChoice places={places} chosen={draft.places} onChange={(chosen) => set({ places: chosen })} error={isTried && draft.places.length === 0 ? "Choose where." : null} />
        <div className="form-row">
          <Field
            label="From"
            type="datetime-local"
            value={draft.from}
            onChange={(from) => set({ from })}
            error={isTried ? fromFault : null}
            hint="Your time. Empty: from now on."
          />
          <Field label="Until" type="datetime-local" value={draft.until} onChange={(until) => set({ until })} error={isTried ? untilFault : null} hint="Empty: without an end." />
        </div>
        {failed.length > 0 && batch.done > 0 && <output>{counted(batch.done, "place is", "places are")} done; these are not:</output>}
        {failed.map(({ outcome, place }) => (
          <div key={place}>
            {draft.places.length > 1 && <p className="quiet">{placeText(placeOf(place))}</p>}
            <Refusal failure={outcome.failure} isInline />
          </div>
        ))}
      </ActForm>
    </Dialog>
  );
}

/** What a role brings, and whether giving it takes two. */
function RoleFacts({ role: { needsApproval, grants } }: { readonly role: RoleOption }) {
  return (
    <div className="role-facts">
      {needsApproval ? <Badge tone="caution">takes a second person</Badge> : <Badge tone="stands">at once</Badge>}{" "}
      <span>
        {needsApproval
          ? "This role can change who may do what: you ask for it, and another administrator approves exactly what is shown."
          : "You assign it yourself; it is in force within a second."}
      </span>
      <details className="as-table">
        <summary>What it allows: {counted(grants.length, "act")}</summary>
        <ul className="right-grants">
          {grants.map((grant) => (
            <li key={grant}>
              <code>{grant.split(" ")[0]}</code> <span className="quiet">on {grant.split(" ")[1]?.replaceAll("_", " ")}</span>
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}
