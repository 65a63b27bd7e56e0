"use client";

import { useRouter } from "next/navigation";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Moment } from "../components/moment.tsx";
import { useTell } from "../frame/notices.tsx";
import type { Held } from "./held.ts";
import { placeText } from "./place-text.ts";

interface EndAssignmentProps {
  readonly principal: string;
  readonly name: string;
  readonly held: Held;
  /** Whether it is what makes somebody an administrator: then a second person has to approve. */
  readonly isAsked: boolean;
  readonly onClose: () => void;
}

/** Ends one assignment now. */
export function EndAssignment({ principal, name, held: { role, study, site, from }, isAsked, onClose }: EndAssignmentProps) {
  const router = useRouter();
  const tell = useTell();
  const act = useChange(isAsked ? "approvals.requestAssignmentEnd" : "assignments.end", {
    refreshes: ["people.list", "workloads.list", "approvals.list"],
    onDone: (output) => {
      onClose();
      tell({ tone: "done", text: "approval" in output ? "Asked for. Another administrator has to approve it." : "Ended. It is without effect within a second." });
      if ("approval" in output) router.push(`/approvals?show=mine&request=${output.approval.approvalId}`);
    },
  });
  return (
    <Dialog title={isAsked ? "End an administrator's role" : "End a role"} isOpen onClose={onClose}>
      <ActForm
        act={isAsked ? "Ask for approval" : "End it now"}
        isDanger
        isPending={act.isPending}
        failure={act.error}
        onCancel={onClose}
        onGo={(reason) => act.mutate({ principal, role, study, site, from, reason })}
        recorded={
          <ul>
            <li>{isAsked ? "that you asked for the end of this assignment" : "that you ended this assignment, and when"}; that it was held stays on record</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <p>
          <strong>{name}</strong> no longer holds <code>{role}</code> ({placeText({ study, site })}), which they have held since <Moment at={from} />.
          {isAsked ? " Another administrator has to approve it, and two administrators always remain." : " Their other roles stay as they are."}
        </p>
      </ActForm>
    </Dialog>
  );
}
