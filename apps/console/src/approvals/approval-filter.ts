import { type Approval, KIND_TEXT } from "./approval-text.ts";

/** Which requests are shown, as an address names them. */
export const SHOWS = [
  { id: "open", text: "Open" },
  { id: "decide", text: "To decide" },
  { id: "mine", text: "Asked by me" },
  { id: "expired", text: "Expired" },
  { id: "all", text: "All" },
] as const;
export type Show = (typeof SHOWS)[number]["id"];

export const EMPTY: Readonly<Record<Show, { readonly title: string; readonly text: string }>> = {
  open: { title: "Nothing waits for a decision", text: "What needs two people appears here as soon as somebody asks for it." },
  decide: { title: "Nothing waits for you", text: "Requests that you may decide appear here: never your own, nor any that is about you." },
  mine: { title: "You have asked for nothing", text: "Access, invitations, suspensions and whatever else you ask for are followed here." },
  expired: { title: "Nothing has expired", text: "What nobody decides in time, or nobody uses once it is approved, is over and stands here." },
  all: { title: "No requests yet", text: "Whatever needs two people goes through here, and stays on record." },
};

type Kind = Approval["kind"];

const isKind = (text: string | null): text is Kind => text !== null && Object.hasOwn(KIND_TEXT, text);

/** Every kind, by what it is called. */
export const KINDS = Object.entries(KIND_TEXT)
  .map(([id, text]) => ({ id, text }))
  .toSorted((a, b) => a.text.localeCompare(b.text, "en"));

export interface ApprovalFilter {
  readonly show: Show;
  readonly kind: Kind | null;
  /** The request that is open. */
  readonly request: string | null;
}

/** The filter that an address names; whatever it names that isn't one is left out. */
export function readFilter(query: { get(name: string): string | null }): ApprovalFilter {
  const kind = query.get("kind");
  return {
    show: SHOWS.find(({ id }) => id === query.get("show"))?.id ?? "open",
    kind: isKind(kind) ? kind : null,
    request: /^apr_[0-9a-hjkmnp-tv-z]{26}$/.exec(query.get("request") ?? "")?.[0] ?? null,
  };
}

/** The address of a filter. */
export function filterPath({ show, kind, request }: ApprovalFilter): string {
  const search = new URLSearchParams({ ...(show !== "open" && { show }), ...(kind !== null && { kind }), ...(request !== null && { request }) });
  return search.size === 0 ? "/approvals" : `/approvals?${search.toString()}`;
}
