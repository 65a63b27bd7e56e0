import type { ApprovalSummary } from "@sallyport/contracts";
import { type ApprovalRow, hasVoted, type Place, stateAt } from "@sallyport/policy";
import type { z } from "zod";
import type { Right } from "../boundary/decide-crossing.ts";
import { placeOfRequest } from "./locate-approval.ts";
import type { AnyAct } from "./registry.ts";

/** Who looks, and what they may do. */
export interface Onlooker {
  readonly person: string;
  readonly may: (right: Right, place: Place) => boolean;
  readonly nowMs: number;
}

const iso = (ms: number): string => new Date(ms).toISOString();

function whyNot<Tx>(row: ApprovalRow, act: AnyAct<Tx>, { person, may, nowMs }: Onlooker): z.input<typeof ApprovalSummary>["whyNot"] {
  if (stateAt(row, nowMs) !== "requested") return "not_open";
  if (row.requestedByPerson === person) return "own_request";
  if (hasVoted(row, person)) return "already_voted";
  const place = placeOfRequest(row);
  if (row.concerns === person || !may({ action: "approval.decide", resource: "approval" }, place) || !may(act.approve, place)) return "no_right";
  return null;
}

/** A request as the contracts show it to one person. It says what they may do; deciding is a crossing of its own. */
export function approvalSummary<Tx>(row: ApprovalRow, act: AnyAct<Tx>, onlooker: Onlooker): z.input<typeof ApprovalSummary> {
  const why = whyNot(row, act, onlooker);
  return {
    approvalId: row.id,
    kind: act.kind,
    about: row.about,
    state: stateAt(row, onlooker.nowMs),
    requestedBy: { personId: row.requestedByPerson, printedName: row.requestedByName },
    requestedAt: iso(row.requestedAtMs),
    expiresAt: iso(row.expiresAtMs),
    needed: row.needed,
    votes: row.votes.map(({ person: personId, printedName, verdict, proof, atMs }) => ({ personId, printedName, verdict, proof, at: iso(atMs) })),
    digest: row.digest,
    mayDecide: why === null,
    whyNot: why,
    isMine: row.requestedByPerson === onlooker.person,
  };
}
