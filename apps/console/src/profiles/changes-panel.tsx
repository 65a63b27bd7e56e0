import { Badge, Panel } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { counted } from "../packets/packet-text.ts";
import { type Change, DIRECTION_TEXT, ruleText, variableName } from "./profile-text.ts";

/** What a version says otherwise than the one before it. */
export function ChangesPanel({ version, changes }: { readonly version: number; readonly changes: readonly Change[] }) {
  return (
    <Panel id="changes-title" title={`What version ${version} changed`} acts={<span className="quiet">{counted(changes.length, "variable")}</span>}>
      <Table
        caption={`Variables that version ${version} says something else of`}
        rows={changes}
        keyOf={({ domain, variable }) => `${domain} ${variable}`}
        columns={[
          { key: "variable", title: "Variable", isHeader: true, cell: ({ domain, variable }) => <code>{variableName({ domain, name: variable })}</code> },
          { key: "before", title: "Before", cell: ({ before }) => ruleText(before) },
          { key: "after", title: "Since", cell: ({ after }) => ruleText(after) },
          { key: "direction", title: "So it", cell: ({ direction }) => <Badge tone={DIRECTION_TEXT[direction].tone}>{DIRECTION_TEXT[direction].text}</Badge> },
        ]}
      />
    </Panel>
  );
}
