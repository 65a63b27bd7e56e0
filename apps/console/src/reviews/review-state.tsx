import { Badge } from "../components/states.tsx";
import type { Review } from "./review-text.ts";

/** How a review stands, in a word. */
export function ReviewState({ review: { signedOff, isOverdue, mine } }: { readonly review: Pick<Review, "signedOff" | "isOverdue" | "mine"> }) {
  if (signedOff !== null) return <Badge tone="stands">signed off</Badge>;
  return (
    <>
      {isOverdue ? <Badge tone="shut">overdue</Badge> : <Badge tone="caution">open</Badge>} {mine > 0 && <span className="quiet">{mine.toLocaleString("en-GB")} for you</span>}
    </>
  );
}
