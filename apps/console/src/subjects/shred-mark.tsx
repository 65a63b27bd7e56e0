import Link from "next/link";
import type { OutputOf } from "../api/procedures.ts";
import { Badge, EmptyState } from "../components/states.tsx";
import { momentText } from "../components/moment-text.ts";

type Shred = NonNullable<OutputOf<"subjects.get">["shred"]>;

/** Says that the subject was shredded: who, when, upon which approval. */
export function ShredMark({ shred }: { readonly shred: Shred | null }) {
  return (
    <div className="consent-mark">
      <Badge tone="shut">Shredded</Badge>
      {shred !== null && (
        <span className="quiet">
          on {momentText(shred.at)}: asked for by {shred.requestedBy}, approved by {shred.approvedBy.join(" and ")} ·{" "}
          <Link href={`/approvals?show=all&request=${shred.approvalId}`}>the request</Link>
        </span>
      )}
    </div>
  );
}

/** What stands where the record would. */
export function ShreddedRecord({ shred }: { readonly shred: Shred | null }) {
  return (
    <EmptyState title="Nothing of this subject opens any more">
      {shred !== null && shred.destroyedAt === null
        ? "Its keys have left the database, and the custodian is destroying what it holds."
        : "What opens its data was destroyed for good, in every copy and backup. How many records there were is still told; who opened what, before, is under Exposure and in the trail."}
    </EmptyState>
  );
}
