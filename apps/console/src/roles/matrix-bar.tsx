"use client";

import { Segments } from "../components/segments.tsx";
import { counted } from "../packets/packet-text.ts";
import { GrantSign } from "./matrix-grid.tsx";
import type { Matrix, MatrixFilter } from "./matrix.ts";
import type { Grant } from "./policy-content.ts";

const SHOWS = [
  { id: "granted", text: "What somebody may" },
  { id: "all", text: "The whole matrix" },
] as const;

export interface MatrixBarProps {
  readonly filter: MatrixFilter;
  readonly onFilter: (filter: MatrixFilter) => void;
  readonly fieldClasses: readonly string[];
  readonly matrix: Matrix;
}

/** Which roles and rows are shown, how many they are, and what the signs mean. */
export function MatrixBar({ filter, onFilter, fieldClasses, matrix: { roles, acts } }: MatrixBarProps) {
  return (
    <div className="matrix-bar">
      <div className="matrix-filter">
        <input
          className="input"
          type="search"
          aria-label="Find roles"
          placeholder="Find roles"
          maxLength={80}
          value={filter.roles}
          onChange={({ currentTarget }) => onFilter({ ...filter, roles: currentTarget.value })}
        />
        <input
          className="input"
          type="search"
          aria-label="Find acts and things"
          placeholder="Find acts and things"
          maxLength={80}
          value={filter.acts}
          onChange={({ currentTarget }) => onFilter({ ...filter, acts: currentTarget.value })}
        />
        <Segments label="Which rows" options={SHOWS} value={filter.isWhole ? "all" : "granted"} onChange={(id) => onFilter({ ...filter, isWhole: id === "all" })} />
        <output className="quiet">
          {counted(roles.length, "role")}, {counted(acts.length, "row")}
        </output>
      </div>
      <Legend fieldClasses={fieldClasses} />
    </div>
  );
}

const SAMPLE = { id: "-", role: "-", action: "-", resource: "-" } as const;
const sampleOf = (readable: readonly string[], masked: readonly string[]): Grant => ({ ...SAMPLE, fields: { readable: [...readable], masked: [...masked] } });

function Legend({ fieldClasses }: { readonly fieldClasses: readonly string[] }) {
  const [one = ""] = fieldClasses;
  const samples: readonly (readonly [text: string, grant: Grant])[] = [
    ["allowed", SAMPLE],
    ["readable", sampleOf([one], [])],
    ["masked", sampleOf([], [one])],
    ["hidden", sampleOf([], [])],
  ];
  return (
    <ul className="matrix-legend" aria-label="What the signs mean">
      {samples.map(([text, grant]) => (
        <li key={text}>
          <GrantSign grant={grant} fieldClasses={[one]} /> {text}
        </li>
      ))}
      <li>Four squares: {fieldClasses.join(", ")}</li>
      <li>
        <GrantSign grant={{ ...SAMPLE, conditions: { signedInBy: "passkey" } }} fieldClasses={[one]} /> only with a passkey
      </li>
    </ul>
  );
}
