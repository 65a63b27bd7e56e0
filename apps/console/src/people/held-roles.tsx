"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { Button, ButtonLink } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Badge } from "../components/states.tsx";
import { useMay } from "../frame/me.ts";
import { type Held, heldInOrder, heldKey, heldState, type HeldState } from "./held.ts";
import { placeText } from "./place-text.ts";

const AssignRole = dynamic(async () => (await import("./assign-role.tsx")).AssignRole, { ssr: false });
const EndAssignment = dynamic(async () => (await import("./end-assignment.tsx")).EndAssignment, { ssr: false });

const ADMINISTRATOR = "security_admin";

interface HeldRolesProps {
  readonly principal: string;
  readonly name: string;
  readonly assignments: readonly Held[];
  /** Nothing is assigned to somebody who has left. */
  readonly isOpen: boolean;
  readonly nowMs: number;
}

/** What somebody holds, is to hold and held, from–until, and giving or ending a role. */
export function HeldRoles({ principal, name, assignments, isOpen, nowMs }: HeldRolesProps) {
  const mayAssign = useMay("assignment.change") && isOpen;
  const mayPreview = useMay("role.read") && isOpen;
  const [isAssigning, setAssigning] = useState(false);
  const [ending, setEnding] = useState<Held | null>(null);
  const all = heldInOrder(assignments, nowMs);
  const current = all.filter(({ state }) => state !== "over");
  const past = all.filter(({ state }) => state === "over");
  return (
    <section aria-labelledby="roles-title">
      <div className="act-head">
        <h3 id="roles-title" className="part-title">
          Roles
        </h3>
        <span className="badges">
          {mayPreview && (
            <ButtonLink href={`/people/preview?of=${principal}`} kind="quiet">
              Preview
            </ButtonLink>
          )}
          {mayAssign && <Button onPress={() => setAssigning(true)}>Assign a role</Button>}
        </span>
      </div>
      {current.length === 0 && <p className="quiet">None: everything is denied.</p>}
      <ul className="held-list">
        {current.map(({ held, state }) => (
          <li key={heldKey(held)} className="held">
            <HeldText held={held} state={state} />
            {mayAssign && (
              <Button kind="quiet" aria-label={`End ${held.role}, ${placeText(held)}`} onPress={() => setEnding(held)}>
                End
              </Button>
            )}
          </li>
        ))}
      </ul>
      {past.length > 0 && (
        <details className="as-table">
          <summary>Held before: {past.length}</summary>
          <ul className="held-list">
            {past.map(({ held, state }) => (
              <li key={heldKey(held)} className="held">
                <HeldText held={held} state={state} />
              </li>
            ))}
          </ul>
        </details>
      )}
      {isAssigning && <AssignRole principal={principal} name={name} onClose={() => setAssigning(false)} />}
      {ending !== null && (
        <EndAssignment
          principal={principal}
          name={name}
          held={ending}
          isAsked={ending.role === ADMINISTRATOR && ending.study === "*" && principal.startsWith("prn_") && heldState(ending, nowMs) === "now"}
          onClose={() => setEnding(null)}
        />
      )}
    </section>
  );
}

function HeldText({ held, state }: { readonly held: Held; readonly state: HeldState }) {
  return (
    <div>
      <code>{held.role}</code> <span>{placeText(held)}</span> {state === "later" && <Badge>to come</Badge>}
      <span className="row-under">
        {Date.parse(held.from) === 0 ? (
          "from the first start"
        ) : (
          <>
            from <Moment at={held.from} />
          </>
        )}
        {held.until !== null && (
          <>
            {" "}
            until <Moment at={held.until} />
          </>
        )}
      </span>
    </div>
  );
}
