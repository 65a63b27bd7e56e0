import type { OutputOf } from "../api/procedures.ts";

type Approval = OutputOf<"approvals.list">["items"][number];

/** What a bulk reveal of this subject has come to, of the reader's own requests: the newest that still means something. */
export function bulkRequestOf(mine: readonly Approval[], label: string): Approval | null {
  const about = mine.filter(({ kind, about: whom, isMine, state }) => kind === "phi.bulk_reveal" && isMine && whom === label && (state === "requested" || state === "approved"));
  return about.toSorted((a, b) => Number(b.state === "approved") - Number(a.state === "approved") || b.requestedAt.localeCompare(a.requestedAt))[0] ?? null;
}
