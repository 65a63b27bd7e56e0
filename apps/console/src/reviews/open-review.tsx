"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { ComboBox, type Option } from "../components/choice.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { endFault, isoOf, localOf } from "../components/local-time.ts";
import { placeOf, usePlaces } from "../people/use-places.ts";

const ALL: Option = { id: "*", text: "All roles" };
const TWO_WEEKS_MS = 14 * 86_400_000;

/** Opens a review: of what place, of which role, until when, why. */
export function OpenReview({ onClose }: { readonly onClose: () => void }) {
  const router = useRouter();
  const { places } = usePlaces();
  const roles = useCall("assignments.options", {});
  const [openedAt] = useState(() => new Date());
  const [draft, setDraft] = useState({ place: "*/*" as string | null, role: "*" as string | null, due: localOf(new Date(openedAt.getTime() + TWO_WEEKS_MS)) });
  const [isTried, setTried] = useState(false);
  const open = useChange("reviews.open", { refreshes: ["reviews.list", "overview.get"], onDone: ({ review }) => router.push(`/reviews/${review.reviewId}`) });
  const fault = endFault(draft.due, { after: openedAt, isNeeded: true });
  const due = isoOf(draft.due);
  const go = (reason: string) => {
    if (draft.place !== null && draft.role !== null && due !== null) open.mutate({ ...placeOf(draft.place), role: draft.role, due, reason });
  };
  return (
    <Dialog title="Open a review of access" isOpen onClose={onClose}>
      <ActForm
        act="Open it"
        isReady={draft.place !== null && draft.role !== null && fault === null}
        onTried={() => setTried(true)}
        isPending={open.isPending}
        failure={open.error}
        onCancel={onClose}
        onGo={go}
        recorded={
          <ul>
            <li>that you opened a review, its scope and when it is due</li>
            <li>the digest of every assignment in it, as it is at that moment</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <p>It copies who holds what at this moment. Each line is then kept or ended by somebody who doesn't hold it, and the whole is signed off.</p>
        <ComboBox
          label="Where"
          options={places}
          value={draft.place}
          onChange={(place) => setDraft((now) => ({ ...now, place }))}
          error={isTried && draft.place === null ? "Choose a place." : null}
          hint="What reaches the place: held there, over its study, or everywhere."
        />
        <ComboBox
          label="Role"
          options={[ALL, ...(roles.data?.roles ?? []).map(({ role, description }) => ({ id: role, text: role, about: description }))]}
          value={draft.role}
          onChange={(role) => setDraft((now) => ({ ...now, role }))}
          error={isTried && draft.role === null ? "Choose a role, or all." : null}
        />
        <Field
          label="Due"
          type="datetime-local"
          value={draft.due}
          onChange={(text) => setDraft((now) => ({ ...now, due: text }))}
          error={isTried ? fault : null}
          hint="Your time."
        />
      </ActForm>
    </Dialog>
  );
}
