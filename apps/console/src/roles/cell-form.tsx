"use client";

import { Button } from "../components/button.tsx";
import { Segments } from "../components/segments.tsx";
import { contentOf, type Draft, ruleId, withCell } from "./draft.ts";
import { actKey, type CellPlace, cellKey, type FieldStanding, type Grant, standingOf } from "./policy-content.ts";

const EFFECTS = [
  { id: "deny", text: "Denied" },
  { id: "allow", text: "Allowed" },
] as const;
const STANDINGS: readonly { readonly id: FieldStanding; readonly text: string }[] = [
  { id: "hidden", text: "hidden" },
  { id: "masked", text: "masked" },
  { id: "readable", text: "readable" },
];

export interface CellFormProps {
  readonly draft: Draft;
  readonly place: CellPlace;
  readonly fieldClasses: readonly string[];
  readonly onDraft: (draft: Draft) => void;
}

/** A right that is new: the least that it can be. Where others' rights to this act show fields it has fields, too, and hides them all. */
function leastGrant({ grants }: { readonly grants: readonly Grant[] }, place: CellPlace): Grant {
  const hasFields = grants.some((grant) => actKey(grant) === actKey(place) && grant.fields !== undefined);
  return { id: ruleId(place), ...place, ...(hasFields && { fields: { readable: [], masked: [] } }) };
}

function withStanding(grant: Grant, fieldClass: string, standing: FieldStanding): Grant {
  const listWith = (list: "readable" | "masked") => [...(grant.fields?.[list] ?? []).filter((one) => one !== fieldClass), ...(standing === list ? [fieldClass] : [])];
  return { ...grant, fields: { readable: listWith("readable"), masked: listWith("masked") } };
}

function withoutPart(grant: Grant, part: "fields" | "conditions"): Grant {
  const { [part]: _, ...rest } = grant;
  return rest;
}

/** What a cell of the draft is to say. It holds at once in the draft, and nowhere else. */
export function CellForm({ draft, place, fieldClasses, onDraft }: CellFormProps) {
  const content = contentOf(draft);
  const grant = content.grants.find((each) => cellKey(each) === cellKey(place));
  const before = draft.base.content.grants.find((each) => cellKey(each) === cellKey(place)) ?? null;
  const isEdited = draft.cells.has(cellKey(place));
  const set = (next: Grant | null) => onDraft(withCell(draft, place, next));
  return (
    <section className="cell-form" aria-label="In the draft">
      <Segments
        label="Effect"
        options={EFFECTS}
        value={grant === undefined ? "deny" : "allow"}
        onChange={(id) => set(id === "allow" ? (before ?? leastGrant(content, place)) : null)}
      />
      {grant !== undefined && (
        <>
          <label className="check">
            <input
              type="checkbox"
              checked={grant.conditions !== undefined}
              onChange={({ currentTarget }) => set(currentTarget.checked ? { ...grant, conditions: { signedInBy: "passkey" } } : withoutPart(grant, "conditions"))}
            />
            Only for somebody who signed in with a passkey
          </label>
          <label className="check">
            <input
              type="checkbox"
              checked={grant.fields !== undefined}
              onChange={({ currentTarget }) => set(currentTarget.checked ? { ...grant, fields: before?.fields ?? { readable: [], masked: [] } } : withoutPart(grant, "fields"))}
            />
            It shows fields of records
          </label>
          {grant.fields !== undefined && (
            <ul className="cell-fields">
              {fieldClasses.map((one) => (
                <li key={one}>
                  <span>{one}</span>
                  <Segments
                    label={`Fields: ${one}`}
                    options={STANDINGS}
                    value={standingOf(grant, one)}
                    onChange={(id) => set(withStanding(grant, one, STANDINGS.find((each) => each.id === id)?.id ?? "hidden"))}
                  />
                </li>
              ))}
            </ul>
          )}
        </>
      )}
      {isEdited && (
        <div className="form-acts">
          <Button onPress={() => set(before)}>As it is in force</Button>
        </div>
      )}
    </section>
  );
}
