import type { BadgeTone } from "../components/states.tsx";
import type { Proposal, ProposalRow } from "./policy-content.ts";

/** The proposal that a link names; null for anything else. */
export const proposalIn = (text: string | null): string | null => /^pol_[0-9a-hjkmnp-tv-z]{26}$/.exec(text ?? "")?.[0] ?? null;

export const PROPOSAL_STATE: Readonly<Record<ProposalRow["state"], { readonly text: string; readonly tone: BadgeTone }>> = {
  draft: { text: "nobody was asked yet", tone: "neutral" },
  requested: { text: "waits for approval", tone: "caution" },
  approved: { text: "approved", tone: "stands" },
  rejected: { text: "rejected", tone: "shut" },
  withdrawn: { text: "withdrawn", tone: "neutral" },
  expired: { text: "expired", tone: "neutral" },
  done: { text: "done", tone: "stands" },
};

export type ImpactRow = Proposal["impact"]["rows"][number];

/** Whether somebody gains, loses or sees other fields. */
export const directionOf = ({ before, after }: ImpactRow): "gains" | "loses" | "sees otherwise" =>
  before.allowed === after.allowed ? "sees otherwise" : after.allowed ? "gains" : "loses";

const SHOWN_SITES = 3;

export type Places = Pick<ImpactRow, "sites" | "deployment">;

/** Where a right changes, as many places as fit. */
export function sitesText({ sites, deployment }: Places): string {
  const places = [...(deployment ? ["the deployment"] : []), ...sites];
  const more = places.length - SHOWN_SITES;
  return more <= 1 ? places.join(", ") : `${places.slice(0, SHOWN_SITES).join(", ")} and ${more} more`;
}

/** What somebody may do, in words. */
export function standingText({ allowed, readable, masked }: ImpactRow["before"]): string {
  if (!allowed) return "denied";
  return ["allowed", ...(readable.length > 0 ? [`reads ${readable.join(", ")}`] : []), ...(masked.length > 0 ? [`masks ${masked.join(", ")}`] : [])].join("; ");
}

export const SIGNED_IN_TEXT: Readonly<Record<ImpactRow["signedInBy"], string>> = { any: "", passkey: "with a passkey", other: "without a passkey" };
