"use client";

import { useDeferredValue, useState } from "react";
import { Button } from "../components/button.tsx";
import { Segments } from "../components/segments.tsx";
import { Badge, EmptyState, Panel } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { CLASS_TEXT, hipaaText } from "../packets/inspection-text.ts";
import { counted } from "../packets/packet-text.ts";
import { CLASSES, type Classification, editKey, type Edits, kindText, matches, type Profile, type Variable, variableName, variablesOf } from "./profile-text.ts";

const SHOWN_MAX = 400;
const ANY = "any";

interface RulesPanelProps {
  readonly profile: Profile;
  readonly edits: Edits;
  /** Takes a draft's classifications; null where nothing may be changed. */
  readonly onEdits: ((edits: Edits) => void) | null;
}

/** What a version says of each variable, found by name, kind, note or class; and where it may be changed, changed in the table itself. */
export function RulesPanel({ profile, edits, onEdits }: RulesPanelProps) {
  const [text, setText] = useState("");
  const [only, setOnly] = useState<Classification | null>(null);
  const [isEditing, setEditing] = useState(false);
  const wanted = useDeferredValue(text);
  const all = variablesOf(profile);
  const found = all.filter((variable) => matches(variable, wanted, only));
  const edit = onEdits === null || !isEditing ? null : (variable: Variable, classification: Classification) => onEdits(edited(edits, variable, classification));
  return (
    <Panel
      id="rules-title"
      title="Variables"
      acts={
        onEdits !== null && (
          <Button onPress={() => setEditing(!isEditing)} aria-pressed={isEditing}>
            {isEditing ? "Stop editing" : "Edit in the table"}
          </Button>
        )
      }
    >
      <div className="profile-filter">
        <input
          className="input"
          type="search"
          aria-label="Find a variable"
          placeholder="Find a variable"
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
        />
        <Segments
          label="Which classification"
          options={[{ id: ANY, text: "All" }, ...CLASSES]}
          value={only ?? ANY}
          onChange={(id) => setOnly(CLASSES.find((each) => each.id === id)?.id ?? null)}
        />
        <output className="quiet">{found.length === all.length ? counted(all.length, "variable") : `${found.length} of ${counted(all.length, "variable")}`}</output>
      </div>
      {found.length === 0 ? (
        <EmptyState title="No variable is like that">What the profile doesn't speak of is PHI.</EmptyState>
      ) : (
        <Table caption={`Variables of ${profile.profile}`} rows={found.slice(0, SHOWN_MAX)} keyOf={editKey} columns={columnsFor(edits, edit)} />
      )}
      {found.length > SHOWN_MAX && <p className="quiet">The first {SHOWN_MAX} are shown. Find the others by name.</p>}
    </Panel>
  );
}

/** The edits with one more; what is said again as it is in force is no edit. */
function edited(edits: Edits, variable: Variable, classification: Classification): Edits {
  const next = new Map(edits);
  if (classification === variable.classification) next.delete(editKey(variable));
  else next.set(editKey(variable), classification);
  return next;
}

const columnsFor = (edits: Edits, edit: ((variable: Variable, classification: Classification) => void) | null): readonly Column<Variable>[] => [
  {
    key: "name",
    title: "Variable",
    isHeader: true,
    cell: (variable) => (
      <>
        <code>{variableName(variable)}</code>
        {variable.note !== "" && <span className="row-under">{variable.note}</span>}
      </>
    ),
  },
  {
    key: "class",
    title: "Treated as",
    cell: (variable) => {
      const changed = edits.get(editKey(variable));
      const { text, tone } = CLASS_TEXT[changed ?? variable.classification];
      if (edit === null) return changed === undefined ? <Badge tone={tone}>{text}</Badge> : <Badge tone="caution">{text}, in the draft</Badge>;
      return (
        <select
          className="input profile-class"
          aria-label={`Classification of ${variableName(variable)}`}
          value={changed ?? variable.classification}
          onChange={({ currentTarget }) => edit(variable, CLASSES.find(({ id }) => id === currentTarget.value)?.id ?? variable.classification)}
        >
          {CLASSES.map(({ id, text: name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      );
    },
  },
  { key: "kind", title: "Kind", cell: ({ kind }) => kindText(kind) },
  { key: "hipaa", title: "HIPAA identifier", cell: ({ hipaa }) => (hipaa === null ? <span className="quiet">none</span> : hipaaText(hipaa)) },
];
