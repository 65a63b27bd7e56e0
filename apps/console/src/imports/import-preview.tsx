import { Badge, Panel } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { counted } from "../packets/packet-text.ts";
import { type Preview, PROBLEM_TEXT } from "./import-text.ts";

type Fault = Preview["faults"][number];
type Effect = Preview["effects"][number];

const FAULTS: readonly Column<Fault>[] = [
  { key: "line", title: "Line", isHeader: true, cell: ({ line }) => <>Line {line}</> },
  { key: "column", title: "Column", cell: ({ column }) => (column === null ? <span className="quiet">the whole line</span> : <code>{column}</code>) },
  { key: "problem", title: "What is wrong", cell: ({ problem }) => PROBLEM_TEXT[problem] },
];

const EFFECTS: readonly Column<Effect>[] = [
  { key: "line", title: "Line", isHeader: true, cell: ({ line }) => <>Line {line}</> },
  { key: "what", title: "What", cell: ({ what }) => what },
  { key: "before", title: "Now", isWide: true, cell: ({ before }) => before ?? <span className="quiet">nothing</span> },
  { key: "after", title: "Then", cell: ({ after }) => after },
];

/** What is wrong with a file by line and column, or what each of its lines would do. */
export function ImportPreview({ preview: { lines, faults, effects } }: { readonly preview: Preview }) {
  if (faults.length > 0) {
    return (
      <Panel id="faults-title" title="What is wrong" acts={<Badge tone="shut">{counted(faults.length, "fault")}</Badge>}>
        <p className="import-note">Nothing was done. Mend these, and check the file again: it is all or nothing.</p>
        <Table caption="Faults of the file" isLong rows={faults} keyOf={({ line, column, problem }) => `${line} ${column ?? ""} ${problem}`} columns={FAULTS} />
      </Panel>
    );
  }
  return (
    <Panel id="effects-title" title="What will be so, exactly" acts={<Badge tone="stands">{counted(lines, "line")}, no fault</Badge>}>
      <Table caption="What each line would do" isLong rows={effects} keyOf={({ line }) => String(line)} columns={EFFECTS} />
    </Panel>
  );
}
