import type { OutputOf } from "../api/procedures.ts";
import { Moment } from "../components/moment.tsx";
import { bytesText } from "../packets/packet-text.ts";

type Said = Pick<OutputOf<"incidents.get">["steps"][number], "by" | "at" | "note" | "evidence">;

/** Who has said of a step that it was done, when, and what was kept of it. */
export function StepsSaid({ said }: { readonly said: readonly Said[] }) {
  if (said.length === 0) return null;
  return (
    <ul className="quiet">
      {said.map(({ by, at, note, evidence }) => (
        <li key={`${at} ${note}`}>
          {by}, <Moment at={at} />: {note}
          {evidence !== null && (
            <span className="evidence">
              A file of {bytesText(evidence.bytes)}, SHA-256 <code>{evidence.sha256}</code>
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
