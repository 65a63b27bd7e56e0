import { SallyportError } from "@sallyport/errors";

/** Where a request stands. `expired` is never stored: it is what an open request is once its time is over. */
export type ApprovalState = "requested" | "approved" | "rejected" | "withdrawn" | "expired" | "done";

export type Verdict = "approve" | "reject";

/** What a verdict on a request rests on. Times are milliseconds since the epoch. */
export interface ApprovalStanding {
  readonly state: ApprovalState;
  /** How many persons have to approve; at least one. */
  readonly needed: number;
  readonly requestedByPerson: string;
  /** The person that it is about; null where it is about none. */
  readonly concerns: string | null;
  readonly expiresAtMs: number;
  /** Until when what was approved may be used by its requester; null where nothing is left to be used. */
  readonly usableUntilMs: number | null;
  readonly votes: readonly { readonly person: string; readonly verdict: Verdict }[];
}

/** Where a request stands at a moment. What was approved and not used in time has expired too. */
export function stateAt({ state, expiresAtMs, usableUntilMs }: ApprovalStanding, nowMs: number): ApprovalState {
  if (state === "requested" && nowMs >= expiresAtMs) return "expired";
  if (state === "approved" && usableUntilMs !== null && nowMs >= usableUntilMs) return "expired";
  return state;
}

/** Whether a person is kept from deciding by what they are to the request: who asked, or whom it is about. Every account of a person is that person. */
export const isParty = ({ requestedByPerson, concerns }: ApprovalStanding, person: string): boolean => person === requestedByPerson || person === concerns;

/** Whether a person has voted. */
export const hasVoted = ({ votes }: ApprovalStanding, person: string): boolean => votes.some((vote) => vote.person === person);

/**
 * Refuses a vote that may not be cast.
 *
 * @throws SallyportError `policy.separation` for who asked, whom it is about and who has voted; `approval.state` where nothing is open.
 */
export function assertMayVote(standing: ApprovalStanding, person: string, nowMs: number): void {
  if (isParty(standing, person) || hasVoted(standing, person)) throw new SallyportError("policy.separation");
  if (stateAt(standing, nowMs) !== "requested") throw new SallyportError("approval.state");
}

/** Where a request stands after a vote that may be cast: one rejection ends it, as many approvals as are needed approve it. */
export function afterVote({ needed, votes }: ApprovalStanding, vote: { readonly person: string; readonly verdict: Verdict }): "requested" | "approved" | "rejected" {
  if (vote.verdict === "reject") return "rejected";
  const approving = new Set([...votes, vote].filter(({ verdict }) => verdict === "approve").map(({ person }) => person));
  return approving.size >= Math.max(1, needed) ? "approved" : "requested";
}
