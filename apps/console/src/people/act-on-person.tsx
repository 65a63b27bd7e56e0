"use client";

import { useRouter } from "next/navigation";
import type { ReactNode } from "react";
import { useChange } from "../api/use-change.ts";
import { ActSection } from "../components/act-section.tsx";
import { useTell } from "../frame/notices.tsx";

type AtOnce = "people.endSessions" | "people.suspend" | "people.offboard";
type Asked = "approvals.requestSuspend" | "approvals.requestReinstate" | "approvals.requestRecovery" | "approvals.requestOffboard";

const DONE: Readonly<Record<AtOnce, string>> = {
  "people.endSessions": "Their sessions have ended.",
  "people.suspend": "Suspended. Tokens stop within a second.",
  "people.offboard": "Offboarded. All that they signed in with, held and waited for has ended.",
};

export interface ActOnPersonProps {
  readonly path: AtOnce | Asked;
  readonly personId: string;
  readonly title: string;
  readonly button: string;
  /** What will be so, before it is asked for. */
  readonly effect: ReactNode;
  readonly isDanger?: boolean;
}

const isAtOnce = (path: AtOnce | Asked): path is AtOnce => path in DONE;

/** One act on a person. What needs two people leads on to its request. */
export function ActOnPerson({ path, personId, title, button, effect, isDanger = false }: ActOnPersonProps) {
  const router = useRouter();
  const tell = useTell();
  const act = useChange(path, {
    refreshes: ["people.list", "approvals.list"],
    onDone: (output) => {
      if ("approval" in output) {
        tell({ tone: "done", text: "Asked for. Another person has to approve it." });
        router.push(`/approvals?show=mine&request=${output.approval.approvalId}`);
      } else tell({ tone: "done", text: "ended" in output ? `${output.ended} session${output.ended === 1 ? "" : "s"} ended.` : isAtOnce(path) ? DONE[path] : "Done." });
    },
  });
  return (
    <ActSection
      title={title}
      button={button}
      effect={typeof effect === "string" ? <p>{effect}</p> : effect}
      recorded={<li>{isAtOnce(path) ? "that you did this, about whom, and when" : "that you asked for it, about whom, and who decides"}</li>}
      isDanger={isDanger}
      isPending={act.isPending}
      failure={act.error}
      onGo={(reason) => act.mutateAsync({ personId, reason })}
    />
  );
}
