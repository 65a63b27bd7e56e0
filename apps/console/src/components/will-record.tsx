import type { ReactNode } from "react";

/** What of an act will be on record, said before it goes on: list items. A reason is sealed beside the record, which holds a commitment to it. */
export function WillRecord({ children, withReason = false }: { readonly children: ReactNode; readonly withReason?: boolean | string }) {
  return (
    <div className="will-record">
      <p className="eyebrow">What will be on record</p>
      <ul>
        {children}
        {withReason !== false && <li>a commitment to the {withReason === true ? "reason" : withReason}, which is sealed beside it</li>}
      </ul>
    </div>
  );
}
