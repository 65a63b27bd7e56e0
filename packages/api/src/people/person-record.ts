import type { RecordDraft, RecordedDecision } from "@sallyport/audit";
import { type Detail, detailText } from "../boundary/trace.ts";

/** What people come to before there is any crossing: who they turned out to be, and what became of it. Never a name that was typed. */
export interface PersonEvent {
  /** A person's principal, or `-` where nobody is known. */
  readonly principal: string;
  /** SPIFFE ID of the workload that asked for them. */
  readonly workload: string;
  readonly action: "signin" | "session.token" | "session.end" | "enrol" | "lockout" | "terminal.grant";
  readonly resource: string;
  readonly decision: RecordedDecision;
  readonly reason: string;
  readonly requestId: string;
  /** The policy in force, or `-`. */
  readonly policy: string;
  readonly detail: Detail;
}

/** The record of it, in `system`. */
export const personRecord = ({ requestId, detail, ...event }: PersonEvent): RecordDraft => ({
  ...event,
  chain: "system",
  role: "-",
  site: "-",
  request_id: requestId,
  detail: detailText(detail),
});
