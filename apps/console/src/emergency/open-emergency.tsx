"use client";

import { useRouter } from "next/navigation";
import { useRef, useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { type Option, Select } from "../components/choice.tsx";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Skeleton } from "../components/states.tsx";
import { useMe } from "../frame/me.ts";
import { useTell } from "../frame/notices.tsx";
import { emergencyDigest, optionsOver } from "../proof/digest-challenge.ts";
import { Proof } from "../proof/proof.tsx";
import { CAUSE_TEXT, type Cause } from "./emergency-text.ts";

const CAUSES: readonly Option[] = Object.entries(CAUSE_TEXT).map(([id, text]) => ({ id, text }));
const TIMES: readonly Option[] = [15, 30, 60, 120, 240].map((minutes) => ({ id: String(minutes), text: minutes < 60 ? `${minutes} minutes` : `${minutes / 60} h` }));
/** What nodes take at most to learn of it. */
const KNOWN_MS = 1200;

interface Draft {
  readonly study: string | null;
  readonly subject: string;
  readonly cause: Cause | null;
  readonly minutes: number;
}

/** Opens one subject in an emergency: who and why first, then a proof. What has to be known before is said before. */
export function OpenEmergency({ onClose }: { readonly onClose: () => void }) {
  const mine = useCall("emergencies.mine", {});
  const last = mine.data?.last ?? null;
  return (
    <Dialog title="Emergency access" isOpen onClose={onClose}>
      {mine.isPending && (
        <DialogBody>
          <Skeleton lines={4} label="Loading" />
        </DialogBody>
      )}
      {mine.isError && (
        <DialogBody>
          <Refusal failure={mine.error} onRetry={() => void mine.refetch()} />
        </DialogBody>
      )}
      {mine.data !== undefined && last !== null && (
        <DialogBody>
          <p className="advice">
            {last.isOpen
              ? "You have an emergency access open. End it first; then somebody else has to review what was read under it."
              : "Your last emergency access hasn't been reviewed yet. Until somebody else has looked at what was read under it, you can't open another. Ask an administrator."}
          </p>
        </DialogBody>
      )}
      {mine.data !== undefined && last === null && <Asking studies={mine.data.studies} onClose={onClose} />}
    </Dialog>
  );
}

function Asking({ studies, onClose }: { readonly studies: readonly string[]; readonly onClose: () => void }) {
  const [draft, setDraft] = useState<Draft>({ study: studies.length === 1 ? (studies[0] ?? null) : null, subject: "", cause: null, minutes: 60 });
  const [reason, setReason] = useState<string | null>(null);
  const [isTried, setTried] = useState(false);
  const { study, subject, cause, minutes } = draft;
  if (reason !== null && study !== null && cause !== null)
    return <Proving asked={{ study, subject: subject.trim(), cause, minutes, reason }} onBack={() => setReason(null)} onClose={onClose} />;
  return (
    <ActForm
      act="Go on"
      isReady={study !== null && cause !== null && subject.trim() !== ""}
      onTried={() => setTried(true)}
      isPending={false}
      failure={null}
      onCancel={onClose}
      onGo={setReason}
      recorded={
        <ul>
          <li>that you opened an emergency access, for whom (by a reference), why and until when: in the site's chain and in the system's</li>
          <li>each page that you open and each value that you reveal under it</li>
          <li>a commitment to the reason, which whoever reviews it will read</li>
        </ul>
      }
    >
      <p>
        It opens one subject of a study of yours, for reading and revealing, until it ends. Administrators and the people of that site are told at once. Somebody else reviews what
        you read, and until then you can't open another.
      </p>
      <Select
        label="Study"
        options={studies.map((id) => ({ id, text: id }))}
        value={study}
        onChange={(id) => setDraft((now) => ({ ...now, study: id }))}
        error={isTried && study === null ? "Choose the study." : null}
      />
      <Field
        label="Subject"
        value={subject}
        onChange={(text) => setDraft((now) => ({ ...now, subject: text }))}
        autoComplete="off"
        maxLength={64}
        isCode
        hint="Exactly as the study names them (USUBJID), or their id here. A name that isn't there is refused, and stands on record."
        error={isTried && subject.trim() === "" ? "Say whom it is about." : null}
      />
      <Select
        label="Cause"
        options={CAUSES}
        value={cause}
        onChange={(id) => setDraft((now) => ({ ...now, cause: id as Cause | null }))}
        error={isTried && cause === null ? "Choose the cause." : null}
      />
      <Select label="For how long" options={TIMES} value={String(minutes)} onChange={(id) => setDraft((now) => ({ ...now, minutes: Number(id ?? "60") }))} />
    </ActForm>
  );
}

interface Asked {
  readonly study: string;
  readonly subject: string;
  readonly cause: Cause;
  readonly minutes: number;
  readonly reason: string;
}

/** The second step: a fresh proof over exactly this, now. */
function Proving({ asked, onBack, onClose }: { readonly asked: Asked; readonly onBack: () => void; readonly onClose: () => void }) {
  const router = useRouter();
  const tell = useTell();
  const me = useMe();
  const at = useRef("");
  const open = useChange("emergencies.open", {
    refreshes: ["emergencies.mine", "overview.get"],
    onDone: ({ subjectId }) => {
      tell({ tone: "caution", text: "Emergency access is open. Everything that you read under it is on record." });
      setTimeout(() => {
        onClose();
        router.push(`/subjects/${subjectId}`);
      }, KNOWN_MS);
    },
  });
  if (me.data === undefined) return null;
  const { personId, authenticators } = me.data;
  const challenge = async (): Promise<string> => {
    at.current = new Date().toISOString();
    return optionsOver(await emergencyDigest(personId, { ...asked, at: at.current }), location.hostname);
  };
  return (
    <DialogBody>
      <dl className="pairs pairs-plain">
        <dt>Study</dt>
        <dd>{asked.study}</dd>
        <dt>Cause</dt>
        <dd>{CAUSE_TEXT[asked.cause]}</dd>
        <dt>For</dt>
        <dd>{TIMES.find(({ id }) => id === String(asked.minutes))?.text}</dd>
      </dl>
      {open.isSuccess ? (
        <output>Opening the subject …</output>
      ) : (
        <Proof
          isAttested
          action="Open"
          hasPassword={authenticators.some(({ kind }) => kind === "password")}
          challenge={authenticators.some(({ kind }) => kind === "passkey") ? challenge : null}
          onProof={(proof) => open.mutateAsync({ ...asked, at: proof.kind === "passkey" ? at.current : new Date().toISOString(), proof })}
        />
      )}
      <button type="button" className="row-open" onClick={onBack}>
        Back
      </button>
    </DialogBody>
  );
}
