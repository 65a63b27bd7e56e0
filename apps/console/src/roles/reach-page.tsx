"use client";

import dynamic from "next/dynamic";
import { useSearchParams } from "next/navigation";
import { useMemo } from "react";
import { useCall } from "../api/use-call.ts";
import { ButtonLink } from "../components/button.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Segments } from "../components/segments.tsx";
import { PageHead, Skeleton } from "../components/states.tsx";
import { type ReachQuery, readReach, writeReach, DEPLOYMENT } from "./reach-query.ts";

const WhoCan = dynamic(async () => (await import("./who-can.tsx")).WhoCan, { ssr: false, loading: () => <Skeleton lines={8} label="Loading the question" /> });
const WhatCan = dynamic(async () => (await import("./what-can.tsx")).WhatCan, { ssr: false, loading: () => <Skeleton lines={8} label="Loading the question" /> });

const ASKS = [
  { id: "who", text: "Who can reach it?" },
  { id: "what", text: "What can they do?" },
] as const;

/** Who can do something somewhere, and what somebody can do: exact, with each way to it. */
export function ReachPage() {
  const params = useSearchParams();
  const asked = useMemo(() => readReach(new URLSearchParams(params.toString())), [params]);
  const current = useCall("policy.current", {});
  const go = (next: ReachQuery): void => {
    const text = writeReach(next).toString();
    history.replaceState(null, "", text === "" ? "/roles/reach" : `/roles/reach?${text}`);
  };
  return (
    <div className="stack roles">
      <PageHead title="Who can, what can" lead="By the policy in force and the roles as they are held now, with every way to it. Each question is on record.">
        <Segments
          label="Question"
          options={ASKS}
          value={asked.ask}
          onChange={(id) => go(id === "what" ? { ask: "what", principal: null } : { ask: "who", action: null, resource: null, place: DEPLOYMENT })}
        />
        <ButtonLink href="/roles">The policy in force</ButtonLink>
      </PageHead>
      {current.isPending && <Skeleton lines={8} label="Loading the policy" />}
      {current.data === undefined && current.error !== null && <Refusal failure={current.error} onRetry={() => void current.refetch()} />}
      {current.data !== undefined && asked.ask === "who" && <WhoCan asked={asked} current={current.data} onAsk={go} />}
      {current.data !== undefined && asked.ask === "what" && <WhatCan asked={asked} onAsk={go} />}
    </div>
  );
}
