import { Badge } from "../components/states.tsx";
import type { Emergency } from "./emergency-text.ts";

/** How an emergency stands, in a word. */
export function EmergencyState({ emergency: { isOpen, review } }: { readonly emergency: Pick<Emergency, "isOpen" | "review"> }) {
  if (isOpen) return <Badge tone="shut">open</Badge>;
  if (review === null) return <Badge tone="caution">not reviewed</Badge>;
  return review.verdict === "justified" ? <Badge tone="stands">justified</Badge> : <Badge tone="shut">not justified</Badge>;
}
