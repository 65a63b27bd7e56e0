"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { useSearchParams } from "next/navigation";
import { useCall } from "../api/use-call.ts";
import { Refusal } from "../components/refusal.tsx";
import { PageHead, Skeleton } from "../components/states.tsx";
import { proposalIn } from "./proposal-text.ts";

const Editor = dynamic(async () => (await import("./editor.tsx")).Editor, { ssr: false, loading: () => <Skeleton lines={12} label="Loading the editor" /> });

/** A draft of the next policy: made from the one in force, or from what was proposed before. */
export function EditPage() {
  const from = proposalIn(useSearchParams().get("from"));
  const current = useCall("policy.current", {});
  const proposal = useCall("policy.proposal", { proposalId: from ?? "" }, { enabled: from !== null, isOnce: true });
  const failure = current.data === undefined ? current.error : from !== null && proposal.data === undefined ? proposal.error : null;
  const isThere = current.data !== undefined && (from === null || proposal.data !== undefined);
  return (
    <div className="stack roles">
      <PageHead title="Draft of a policy" lead="Nothing is in effect by it. What is proposed is tested and shown, with what it does to whom, and another administrator decides.">
        <Link href="/roles">The policy in force</Link>
      </PageHead>
      {failure !== null && <Refusal failure={failure} onRetry={() => void (current.isError ? current.refetch() : proposal.refetch())} />}
      {failure === null && !isThere && <Skeleton lines={12} label="Loading the policy" />}
      {isThere && current.data !== undefined && <Editor current={current.data} proposal={from === null ? null : (proposal.data ?? null)} />}
    </div>
  );
}
