import { Mask, Panel } from "../components/states.tsx";
import { WideFrame } from "../components/wide-frame.tsx";
import { valueText } from "../subjects/value-text.ts";
import type { InspectedFile } from "./inspection-text.ts";
import { counted } from "./packet-text.ts";

/** The first rows of a file, masked: what is PHI is covered, and what would unblind isn't there. It scrolls by itself, keyboard included. */
export function PreviewPanel({ file: { dataset, rows, preview } }: { readonly file: InspectedFile }) {
  const shown = preview.rows.length;
  return (
    <Panel
      id="preview-title"
      title={`Preview of ${dataset}`}
      acts={<span className="quiet">{shown === rows ? counted(rows, "row") : `first ${shown} of ${counted(rows, "row")}`}, masked</span>}
    >
      <WideFrame label={`Preview of ${dataset}, masked`}>
        <table className="wide-table">
          <caption className="visually-hidden">First rows of {dataset}, masked</caption>
          <thead>
            <tr>
              <th scope="col">Row</th>
              {preview.columns.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {preview.rows.map(({ row, cells }) => (
              <tr key={row}>
                <th scope="row">{row}</th>
                {cells.map((cell, at) => (
                  <td key={preview.columns[at] ?? at}>
                    {cell.state === "masked" ? <Mask /> : cell.value === null || cell.value === "" ? <span className="quiet">–</span> : valueText(cell.value)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </WideFrame>
    </Panel>
  );
}
