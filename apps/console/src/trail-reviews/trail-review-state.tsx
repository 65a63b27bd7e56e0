import { Badge } from "../components/states.tsx";
import type { TrailReview } from "./trail-review-text.ts";

/** How a review of the trail stands, in a word, and whose it is. */
export function TrailReviewState({ review: { signedOff, isOverdue, isMine } }: { readonly review: Pick<TrailReview, "signedOff" | "isOverdue" | "isMine"> }) {
  if (signedOff !== null) return <Badge tone="stands">signed off</Badge>;
  return (
    <>
      {isOverdue ? <Badge tone="shut">overdue</Badge> : <Badge tone="caution">open</Badge>} {isMine && <span className="quiet">yours</span>}
    </>
  );
}
