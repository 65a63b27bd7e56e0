"use client";

import Link from "next/link";
import type { OutputOf } from "../api/procedures.ts";
import { Badge, type BadgeTone } from "../components/states.tsx";
import { PathList } from "../roles/path-list.tsx";
import { AskedSection } from "./asked-section.tsx";
import type { RecordRef } from "./record-ref.ts";

type Explained = OutputOf<"policy.explain">;

const EFFECT: Readonly<Record<Explained["effect"], { readonly text: string; readonly tone: BadgeTone }>> = {
  allow: { text: "allowed by the policy", tone: "stands" },
  deny: { text: "denied by the policy", tone: "shut" },
  unknown: { text: "not to be told any more", tone: "neutral" },
};

/** Why a crossing was decided as it was: by which rule of which version, over which assignment; of a denial, what would be needed. Asked for, since it is on record. */
export function WhySection({ at: { chain, generation, seq } }: { readonly at: RecordRef }) {
  return (
    <AskedSection
      id="record-why"
      title="Why"
      ask="Explain this decision"
      note="By the policy and the roles as they were then. That you asked is on record."
      waiting={{ label: "Working it out", lines: 4 }}
      path="policy.explain"
      input={{ crossing: { chain, generation, seq } }}
    >
      {(explained) => <Why explained={explained} isPlaceless={chain === "system"} />}
    </AskedSection>
  );
}

interface WhyProps {
  readonly explained: Explained;
  /** Whether the record's chain is no site's. */
  readonly isPlaceless: boolean;
}

/** Whether the policy itself refused it; else its input, its place in a sequence or another pillar did. */
const isPolicys = (recorded: Explained["recorded"]): boolean => recorded === null || recorded.reason.startsWith("policy.");

function Why({ explained: { effect, policy, rule, reason, needed, rolesThatMay, paths, recorded }, isPlaceless }: WhyProps) {
  const isRefusedByRule = effect === "deny" && isPolicys(recorded);
  const { tone, text } = effect === "deny" && !isRefusedByRule ? { tone: EFFECT.deny.tone, text: "refused, by no rule of the policy" } : EFFECT[effect];
  return (
    <div className="why">
      <p>
        <Badge tone={tone}>{text}</Badge> <code>{policy}</code>
      </p>
      <dl className="pairs pairs-plain">
        {recorded !== null && (
          <>
            <dt>On record</dt>
            <dd>
              {recorded.outcome}, <code>{recorded.reason}</code>
            </dd>
          </>
        )}
        {rule !== null && (
          <>
            <dt>{effect === "deny" ? "Rule that had allowed it" : "Rule"}</dt>
            <dd>
              <code>{rule}</code>
            </dd>
          </>
        )}
        {reason !== null && (
          <>
            <dt>Reason</dt>
            <dd>
              <code>{reason}</code>
            </dd>
          </>
        )}
        {needed !== null && (
          <>
            <dt>What would be needed</dt>
            <dd className="why-needed">{needed}</dd>
          </>
        )}
        {isRefusedByRule && (
          <>
            <dt>Roles that have it</dt>
            <dd>{rolesThatMay.length === 0 ? "none" : rolesThatMay.join(", ")}</dd>
          </>
        )}
      </dl>
      {isRefusedByRule && isPlaceless && <p className="quiet">A refusal doesn&apos;t record where the thing belongs: the answer is for a place that the record can mean.</p>}
      {paths.length > 0 && <PathList paths={paths} />}
      {effect === "unknown" && <p className="quiet">The record stands as it is; what it rested on isn&apos;t known here any more, or isn&apos;t in it.</p>}
      <p>
        <Link href="/roles/history">Versions of the policy</Link>
      </p>
    </div>
  );
}
