"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { ComboBox, Select } from "../components/choice.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { endFault, isoOf, localOf } from "../components/local-time.ts";
import { placeText } from "../people/place-text.ts";
import { placeOf } from "../people/use-places.ts";
import { type Risk, RISK_TEXT, RISKS } from "./trail-review-text.ts";

const DAY_MS = 86_400_000;
/** What is newer may still be coming in. */
const SETTLED_MS = 10_000;
const HOURS = Array.from({ length: 24 }, (_, hour) => ({ id: String(hour), text: `${String(hour).padStart(2, "0")}:00` }));

/** Opens a review of the trail: where, of which period, for which risks, until when, why. */
export function OpenTrailReview({ onClose }: { readonly onClose: () => void }) {
  const router = useRouter();
  const list = useCall("trailReviews.list", {});
  const places = (list.data?.places ?? []).map(({ study, site }) => ({ id: `${study}/${site}`, text: placeText({ study, site }).replace(/^./, (first) => first.toUpperCase()) }));
  const [openedAt] = useState(() => new Date());
  const settled = new Date(openedAt.getTime() - SETTLED_MS);
  const [draft, setDraft] = useState({
    place: null as string | null,
    from: localOf(new Date(openedAt.getTime() - 30 * DAY_MS)),
    until: localOf(settled),
    risks: RISKS,
    workFrom: "7",
    workUntil: "19",
    due: localOf(new Date(openedAt.getTime() + 14 * DAY_MS)),
  });
  const [isTried, setTried] = useState(false);
  const open = useChange("trailReviews.open", { refreshes: ["trailReviews.list", "overview.get"], onDone: ({ review }) => router.push(`/reviews/trail/${review.reviewId}`) });
  const place = draft.place ?? (places.length === 1 ? (places[0]?.id ?? null) : null);
  const [from, until, due] = [isoOf(draft.from), isoOf(draft.until), isoOf(draft.due)];
  const faults = {
    place: place === null ? "Choose a place." : null,
    from: from === null ? "Enter a date and a time." : null,
    until: endFault(draft.until, { after: new Date(from ?? 0), by: settled, isNeeded: true }),
    due: endFault(draft.due, { after: openedAt, isNeeded: true }),
  };
  const shown = isTried ? faults : { place: null, from: null, until: null, due: null };
  const toggle = (risk: Risk) => setDraft((now) => ({ ...now, risks: RISKS.filter((each) => (each === risk) !== now.risks.includes(each)) }));
  const go = (reason: string) => {
    if (place === null || from === null || until === null || due === null) return;
    open.mutate({ ...placeOf(place), from, until, due, risks: [...draft.risks], workingHours: { from: Number(draft.workFrom), until: Number(draft.workUntil) }, reason });
  };
  return (
    <Dialog title="Open a review of the trail" isOpen onClose={onClose}>
      <ActForm
        act="Open it"
        isReady={Object.values(faults).every((fault) => fault === null) && draft.risks.length > 0}
        onTried={() => setTried(true)}
        isPending={open.isPending}
        failure={open.error}
        onCancel={onClose}
        onGo={go}
        recorded={
          <ul>
            <li>that you opened it, what it looks at, for what, and when it is due</li>
            <li>how many records were found, and the digest over them: the same selection can be made again</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <p>Fixed rules find the records. Each is then decided by one reviewer, who did none of it, and the whole is signed off.</p>
        <ComboBox label="Where" options={places} value={place} onChange={(id) => setDraft((now) => ({ ...now, place: id }))} error={shown.place} />
        <div className="pair-of-fields">
          <Field label="From" type="datetime-local" value={draft.from} onChange={(text) => setDraft((now) => ({ ...now, from: text }))} error={shown.from} hint="Your time." />
          <Field
            label="Until"
            type="datetime-local"
            value={draft.until}
            onChange={(text) => setDraft((now) => ({ ...now, until: text }))}
            error={shown.until}
            hint="Your time. It has to be over."
          />
        </div>
        <fieldset className="risk-choice">
          <legend className="field-label">Look for</legend>
          {RISKS.map((risk) => (
            <label key={risk} className="check risk-check">
              <input type="checkbox" checked={draft.risks.includes(risk)} onChange={() => toggle(risk)} />
              <span>
                {RISK_TEXT[risk].name}
                <span className="quiet risk-rule">{RISK_TEXT[risk].rule}</span>
              </span>
            </label>
          ))}
          {isTried && draft.risks.length === 0 && <p className="field-error">Choose at least one.</p>}
        </fieldset>
        <div className="pair-of-fields">
          <Select
            label="Working hours from"
            options={HOURS}
            value={draft.workFrom}
            onChange={(id) => setDraft((now) => ({ ...now, workFrom: id ?? "7" }))}
            hint="UTC, Monday to Friday."
          />
          <Select
            label="Working hours until"
            options={HOURS}
            value={draft.workUntil}
            onChange={(id) => setDraft((now) => ({ ...now, workUntil: id ?? "19" }))}
            hint="UTC. Before “from”: over midnight."
          />
        </div>
        <Field label="Due" type="datetime-local" value={draft.due} onChange={(text) => setDraft((now) => ({ ...now, due: text }))} error={shown.due} hint="Your time." />
      </ActForm>
    </Dialog>
  );
}
