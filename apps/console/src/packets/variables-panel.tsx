import { Badge, Panel } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { variableLabel } from "../subjects/sdtm-names.ts";
import { CLASS_TEXT, hipaaText, type InspectedFile } from "./inspection-text.ts";
import { counted } from "./packet-text.ts";

/** How each variable of a file is classified, and by what. */
export function VariablesPanel({ file: { dataset, variables } }: { readonly file: InspectedFile }) {
  const unknown = variables.filter(({ known }) => !known).length;
  return (
    <Panel id="variables-title" title={`Variables of ${dataset}`} acts={unknown > 0 && <Badge tone="caution">{counted(unknown, "variable")} not in the profile</Badge>}>
      <Table
        caption={`Variables of ${dataset}`}
        rows={variables}
        keyOf={({ name }) => name}
        columns={[
          {
            key: "name",
            title: "Variable",
            isHeader: true,
            cell: ({ name }) => {
              const label = variableLabel(dataset, name);
              return (
                <>
                  <code>{name}</code>
                  {label !== null && <span className="row-under">{label}</span>}
                </>
              );
            },
          },
          { key: "type", title: "Type", isWide: true, cell: ({ type }) => type },
          { key: "class", title: "Treated as", cell: ({ classification }) => <Badge tone={CLASS_TEXT[classification].tone}>{CLASS_TEXT[classification].text}</Badge> },
          { key: "hipaa", title: "HIPAA identifier", cell: ({ hipaa }) => (hipaa === null ? <span className="quiet">none</span> : hipaaText(hipaa)) },
          { key: "known", title: "Profile", cell: ({ known }) => (known ? "knows it" : "doesn't know it, so it is PHI") },
        ]}
      />
    </Panel>
  );
}
