"use client";

import { AskedSection } from "./asked-section.tsx";
import type { RecordRef } from "./record-ref.ts";

/** The reason that was given for an act. It is sealed, and the record commits to it: it is opened when it is asked for, which is on record. */
export function ReasonSection({ at: { chain, generation, seq } }: { readonly at: RecordRef }) {
  return (
    <AskedSection
      id="record-reason"
      title="Reason given"
      ask="Show the reason"
      note="In words of whoever acted, and sealed. That you read it is on record."
      waiting={{ label: "Opening the reason", lines: 2 }}
      path="crossings.reason"
      input={{ chain, generation, seq }}
      isSensitive
    >
      {({ reason }) => <p className="record-reason">{reason ?? "It isn't kept here any more."}</p>}
    </AskedSection>
  );
}
