"use client";

import { useMay } from "../frame/me.ts";
import { counted } from "../packets/packet-text.ts";
import { ActOnPerson } from "./act-on-person.tsx";
import { heldInOrder, heldKey } from "./held.ts";
import type { Person } from "./person-text.ts";
import { placeText } from "./place-text.ts";

/** Ends for good all that somebody has, in one act that lists it; an administrator's is asked for. */
export function OffboardPerson({ person, nowMs }: { readonly person: Person; readonly nowMs: number }) {
  const mayOffboard = useMay("person.offboard");
  if (!mayOffboard) return null;
  const { personId, isAdministrator, sessions, passkeys, hasPassword, printedName, username } = person;
  const ending = heldInOrder(person.assignments, nowMs).filter(({ state }) => state !== "over");
  return (
    <ActOnPerson
      path={isAdministrator ? "approvals.requestOffboard" : "people.offboard"}
      personId={personId}
      title={isAdministrator ? "Offboard this administrator" : "Offboard"}
      button={isAdministrator ? "Ask for approval" : "Offboard for good"}
      isDanger
      effect={
        <>
          <p>
            {isAdministrator
              ? "Another administrator has to approve, and two administrators always remain. Then all of this ends for good, in one act:"
              : "All of this ends for good, in one act. There is no undoing: who comes back is invited anew, under another user name."}
          </p>
          <ul className="will-end">
            <li>{counted(sessions, "session")}, and every token that they gave</li>
            <li>
              {passkeys + (hasPassword ? 1 : 0) === 0
                ? "every link that was made for them"
                : `${[passkeys > 0 && counted(passkeys, "passkey"), hasPassword && "password and code"].filter(Boolean).join(", ")}, identities at a provider, and every link`}
            </li>
            {ending.length === 0 && <li>no assignment: they hold none</li>}
            {ending.map(({ held, state }) => (
              <li key={heldKey(held)}>
                <code>{held.role}</code> {placeText(held)}
                {state === "later" && ", which hasn't begun"}
              </li>
            ))}
            <li>every open request that they made, approved or are concerned by</li>
          </ul>
          <p className="quiet">
            {printedName} and <code>{username}</code> stay on record, and are never given to anybody else.
          </p>
        </>
      }
    />
  );
}
