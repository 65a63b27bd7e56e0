"use client";

import { useId } from "react";

export interface Segment {
  readonly id: string;
  readonly text: string;
}

/** One of a few, side by side. Arrow keys go between them. */
export function Segments({
  label,
  options,
  value,
  onChange,
}: {
  readonly label: string;
  readonly options: readonly Segment[];
  readonly value: string;
  readonly onChange: (id: string) => void;
}) {
  const name = useId();
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">{label}</legend>
      {options.map(({ id, text }) => (
        <label key={id} className="segment">
          <input type="radio" className="segment-radio" name={name} value={id} checked={value === id} onChange={() => onChange(id)} />
          {text}
        </label>
      ))}
    </fieldset>
  );
}
