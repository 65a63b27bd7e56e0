"use client";

import { ComboBox, type Option } from "../components/choice.tsx";
import { Icon } from "../components/icon.tsx";

interface PlaceChoiceProps {
  readonly places: readonly Option[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
  readonly error: string | null;
}

/** Several places: each that is found by typing is put beside the others, and can be taken out again. */
export function PlaceChoice({ places, chosen, onChange, error }: PlaceChoiceProps) {
  return (
    <div className="place-choice">
      <ComboBox
        key={chosen.length}
        label={chosen.length === 0 ? "Where" : "And where else"}
        options={places.filter(({ id }) => !chosen.includes(id))}
        value={null}
        onChange={(id) => id !== null && onChange([...chosen, id])}
        error={error}
        hint="A site, a whole study, or everywhere; several, one after the other."
      />
      {chosen.length > 0 && (
        <ul className="chips" aria-label="Chosen places">
          {chosen.map((id) => {
            const text = places.find((place) => place.id === id)?.text ?? id;
            return (
              <li key={id} className="chip">
                <span>{text}</span>
                <button type="button" className="chip-off" aria-label={`Take out ${text}`} onClick={() => onChange(chosen.filter((each) => each !== id))}>
                  <Icon name="close" size={14} />
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}
