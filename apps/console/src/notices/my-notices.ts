import { type Approval, KIND_TEXT } from "../approvals/approval-text.ts";
import { placeText } from "../people/place-text.ts";
import { endingRoles, type Held, isWithin, WEEK_MS } from "./ending-roles.ts";

/** Something that a person should know of, with where they go from there. */
export interface MyNotice {
  readonly key: string;
  readonly text: string;
  /** When it was, or will be. */
  readonly at: string;
  readonly href: string | null;
}

export interface MyNotices {
  /** What waits for the person's decision. */
  readonly waiting: readonly MyNotice[];
  /** What became of their own requests within the last week. */
  readonly decided: readonly MyNotice[];
  /** What of theirs ends by itself within the next week: roles, and requests that nobody has decided. */
  readonly ending: readonly MyNotice[];
}

const DECIDED: Readonly<Partial<Record<Approval["state"], string>>> = { approved: "approved", rejected: "rejected", done: "done", expired: "expired" };

const hrefOf = ({ approvalId, isMine }: Approval): string => `/approvals?show=${isMine ? "mine" : "decide"}&request=${approvalId}`;

/** When a request came to its end: with the last vote, or by its time. */
function settledAt({ state, votes, expiresAt, requestedAt }: Approval): string {
  if (state === "expired") return expiresAt;
  return votes.reduce((latest, { at }) => (at > latest ? at : latest), requestedAt);
}

/** A person's notices, each part with what is nearest first. */
export function myNotices(
  { waiting, mine, assignments }: { readonly waiting: readonly Approval[]; readonly mine: readonly Approval[]; readonly assignments: readonly Held[] },
  nowMs: number,
): MyNotices {
  const open = mine.filter(({ state, expiresAt }) => state === "requested" && isWithin(expiresAt, nowMs, nowMs + WEEK_MS));
  return {
    waiting: waiting
      .filter(({ mayDecide }) => mayDecide)
      .map((each) => ({ key: each.approvalId, text: `${KIND_TEXT[each.kind]}: ${each.about}, asked by ${each.requestedBy.printedName}`, at: each.expiresAt, href: hrefOf(each) }))
      .toSorted((a, b) => a.at.localeCompare(b.at, "en")),
    decided: mine
      .flatMap((each) => {
        const word = DECIDED[each.state];
        const at = settledAt(each);
        return word === undefined || !isWithin(at, nowMs - WEEK_MS, nowMs)
          ? []
          : [{ key: each.approvalId, text: `${KIND_TEXT[each.kind]}: ${each.about}, ${word}`, at, href: hrefOf(each) }];
      })
      .toSorted((a, b) => b.at.localeCompare(a.at, "en")),
    ending: [
      ...endingRoles(assignments, nowMs).map((each) => ({
        key: `${each.role} ${each.study}/${each.site} ${each.from}`,
        text: `Your role ${each.role}, ${placeText(each)}, ends`,
        at: each.until ?? "",
        href: null,
      })),
      ...open.map((each) => ({ key: each.approvalId, text: `${KIND_TEXT[each.kind]}: ${each.about}, expires undecided`, at: each.expiresAt, href: hrefOf(each) })),
    ].toSorted((a, b) => a.at.localeCompare(b.at, "en")),
  };
}
