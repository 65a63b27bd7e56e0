"use client";

import { useState } from "react";
import { useChange } from "../api/use-change.ts";
import { toFailure, WireFailure } from "../api/wire-failure.ts";
import { ActForm } from "../components/act-form.tsx";
import { Dialog } from "../components/dialog.tsx";
import { useTell } from "../frame/notices.tsx";
import { placeText } from "../people/place-text.ts";
import type { Line } from "./review-text.ts";

/** What makes an administrator: its ending takes two. */
const takesTwo = ({ role, study, site }: Line): boolean => role === "security_admin" && study === "*" && site === "*";

/** Ends one line's assignment; an administrator's is asked for, and carried out once another person has approved it. */
export function EndLine({ reviewId, line, onClose }: { readonly reviewId: string; readonly line: Line; readonly onClose: () => void }) {
  const tell = useTell();
  const [failure, setFailure] = useState<WireFailure | null>(null);
  const [isPending, setPending] = useState(false);
  const refreshes = ["reviews.get", "reviews.list", "people.list", "approvals.list"] as const;
  const ask = useChange("approvals.requestAssignmentEnd", {});
  const decide = useChange("reviews.decide", { refreshes });
  const isAsked = takesTwo(line);
  const go = (reason: string) => {
    setFailure(null);
    setPending(true);
    const { principal, role, study, site, from } = line;
    const end = async () => {
      const asked = isAsked ? await ask.mutateAsync({ principal, role, study, site, from, reason }) : null;
      await decide.mutateAsync({ reviewId, line: line.line, verdict: "end", reason, ...(asked !== null && { approvalId: asked.approval.approvalId }) });
    };
    end()
      .then(
        () => {
          tell({ tone: "done", text: isAsked ? "Asked for. Another administrator has to approve it." : "Ended. It is without effect within a second." });
          onClose();
        },
        (error: unknown) => setFailure(toFailure(error)),
      )
      .finally(() => setPending(false));
  };
  return (
    <Dialog title={isAsked ? "End an administrator's role" : "End a role"} isOpen onClose={onClose}>
      <ActForm
        act={isAsked ? "Ask for approval" : "End it now"}
        isDanger
        isPending={isPending}
        failure={failure}
        onCancel={onClose}
        onGo={go}
        recorded={
          <ul>
            <li>{isAsked ? "that you asked for its end, and decided so in this review" : "that you ended it, by a decision in this review, and when"}</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <p>
          <strong>{line.label}</strong> no longer holds <code>{line.role}</code> ({placeText(line)}).{" "}
          {isAsked && "Another administrator has to approve it, and two administrators always remain."}
        </p>
      </ActForm>
    </Dialog>
  );
}
