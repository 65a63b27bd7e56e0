"use client";

import { useRouter } from "next/navigation";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { useTell } from "../frame/notices.tsx";
import { ABOUT_SUBJECT } from "./reason-hint.ts";

interface ShredFormProps {
  readonly subjectId: string;
  readonly label: string;
  readonly study: string;
  readonly onClose: () => void;
}

/** Asks for the destruction of what opens a subject's data, which takes two administrators. */
export function ShredForm({ subjectId, label, study, onClose }: ShredFormProps) {
  const router = useRouter();
  const tell = useTell();
  const act = useChange("approvals.requestShred", {
    refreshes: ["approvals.list"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. Two administrators have to approve it, each with a passkey." });
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  return (
    <ActForm
      hint={ABOUT_SUBJECT}
      act="Ask for approval"
      isDanger
      isPending={act.isPending}
      failure={act.error}
      onCancel={onClose}
      onGo={(reason) => act.mutate({ subjectId, reason })}
      recorded={
        <ul>
          <li>that you asked for it, and what it would do</li>
          <li>a commitment to the reason</li>
        </ul>
      }
    >
      <p>
        What opens the data of <strong>{label}</strong> is destroyed for good, once two administrators have approved it, each with a passkey. No value of the subject opens again,
        here or from a backup, and neither do the sealed originals of the packets that it may be in. Label, study, site and the trail stay.
      </p>
      <p className="quiet">
        Refused before the day until which the data of {study} are kept, and while packets of the subject’s sites wait for a decision. The request says what it comes to.
      </p>
    </ActForm>
  );
}
