import { Lamp } from "../components/lamp.tsx";
import { Panel } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { domainTitle } from "../subjects/sdtm-names.ts";
import { CheckFaults } from "./check-faults.tsx";
import { CHECK_TEXT, failedChecks, fileText, type InspectedFile } from "./inspection-text.ts";
import { bytesText } from "./packet-text.ts";

/** The packet's files, and what the checks say of each. */
export function FilesPanel({ files }: { readonly files: readonly InspectedFile[] }) {
  return (
    <Panel id="files-title" title={files.length === 1 ? "File and checks" : "Files and checks"}>
      <Table
        caption="Files"
        rows={files}
        keyOf={({ n }) => String(n)}
        columns={[
          {
            key: "file",
            title: "File",
            isHeader: true,
            cell: ({ n, dataset }) => (
              <>
                <span className="quiet numeral">{n}</span> {dataset}
                <span className="row-under">{domainTitle(dataset)}</span>
              </>
            ),
          },
          { key: "format", title: "Format", isWide: true, cell: ({ format }) => <code className="file-format">{format}</code> },
          { key: "rows", title: "Rows", isNumber: true, cell: ({ rows }) => rows.toLocaleString("en-GB") },
          { key: "size", title: "Size", isNumber: true, isWide: true, cell: ({ bytes }) => bytesText(bytes) },
          { key: "identity", title: "A record is", cell: ({ identity }) => (identity.length === 0 ? "one a subject" : <code>{identity.join(" ")}</code>) },
          { key: "checks", title: "Checks", cell: (file) => <Checks file={file} /> },
        ]}
      />
      {files.map((file) => (
        <Faults key={file.n} file={file} />
      ))}
    </Panel>
  );
}

function Checks({ file }: { readonly file: InspectedFile }) {
  return (
    <ul className="checks">
      {file.checks.map(({ check, passed }) => (
        <li key={check} className={passed ? "check-one" : "check-one check-failed"} title={CHECK_TEXT[check].asks}>
          <Lamp look={passed ? "lit" : "shut"} size={14} label={passed ? "holds" : "fails"} /> {CHECK_TEXT[check].title}
        </li>
      ))}
    </ul>
  );
}

/** Where a file's failed checks fail, by row and column and without a value. */
function Faults({ file }: { readonly file: InspectedFile }) {
  if (failedChecks(file) === 0) return null;
  return (
    <div className="faults">
      <h3 className="part-title">What is wrong in {fileText(file)}</h3>
      {file.checks
        .filter(({ passed }) => !passed)
        .map(({ check, where }) => (
          <CheckFaults key={check} {...CHECK_TEXT[check]} where={where} />
        ))}
    </div>
  );
}
