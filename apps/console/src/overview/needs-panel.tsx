import Link from "next/link";
import { Badge, EmptyState, Panel } from "../components/states.tsx";
import { inUrgency, type NeedOf } from "./needs.ts";

/** Where the count is of things to do, and not of what there is. */
const COUNTED: ReadonlySet<NeedOf["kind"]> = new Set([
  "approval",
  "packet",
  "lock",
  "locked",
  "broken",
  "emergency",
  "emergency_review",
  "access_review",
  "trail_review",
  "outbox",
]);

/** What waits for the reader, most urgent first. */
export function NeedsPanel({ needs }: { readonly needs: readonly NeedOf[] }) {
  const shown = inUrgency(needs);
  return (
    <Panel id="needs-title" title="What needs you">
      {shown.length === 0 ? (
        <EmptyState title="Nothing waits for you">Approvals, packets, breaks and locks that you can act on appear here.</EmptyState>
      ) : (
        <ul className="needs">
          {shown.map(({ kind, text, count, href }) => (
            <li key={kind}>
              <Link href={href} className="need">
                <span>{text}</span>
                {COUNTED.has(kind) && count > 1 && (
                  <Badge tone={kind === "broken" || kind === "locked" || kind === "lock" || kind === "emergency" ? "shut" : "caution"}>{count.toLocaleString("en-GB")}</Badge>
                )}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
