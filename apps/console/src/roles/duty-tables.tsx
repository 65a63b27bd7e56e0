import { Moment } from "../components/moment.tsx";
import { Badge } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { counted } from "../packets/packet-text.ts";
import { PlacesCell } from "./places-cell.tsx";
import type { Proposal } from "./policy-content.ts";
import { PrincipalCell } from "./principal-cell.tsx";
import { SIGNED_IN_TEXT } from "./proposal-text.ts";

type Impact = Proposal["impact"];

interface DutyProps<Row> {
  readonly rows: readonly Row[];
  /** Of how many these are the first. */
  readonly count: number;
}

const shownOf = (rows: readonly unknown[], count: number): string =>
  rows.length < count ? ` The first ${counted(rows.length, "row")} of ${count.toLocaleString("en-GB")} are shown.` : "";

function Change({ after }: { readonly after: boolean }) {
  return <Badge tone={after ? "caution" : "shut"}>{after ? "gains" : "loses"}</Badge>;
}

function From({ from }: { readonly from: string | null }) {
  return from === null ? "at once" : <Moment at={from} />;
}

/** Who gains and who loses the right to assign which role. Nothing where nobody does. */
export function AssigningTable({ rows, count }: DutyProps<Impact["assigning"][number]>) {
  if (rows.length === 0) return null;
  return (
    <section className="impact-duty" aria-labelledby="assigning-title">
      <h3 id="assigning-title" className="part-title">
        Who may assign which role
      </h3>
      <p className="quiet">Whoever may assign a role may do so at every site.{shownOf(rows, count)}</p>
      <Table
        isLong
        caption="Who may assign which role"
        rows={rows}
        keyOf={({ principal, role, signedInBy, after }) => `${principal} ${role} ${signedInBy} ${String(after)}`}
        columns={[
          {
            key: "who",
            title: "Who",
            isHeader: true,
            cell: ({ principal, principalName }) => <PrincipalCell principal={principal} name={principalName} />,
          },
          { key: "direction", title: "So they", cell: ({ after }) => <Change after={after} /> },
          {
            key: "role",
            title: "Assigning the role",
            cell: ({ role, signedInBy }) => (
              <>
                <code className="impact-right">{role}</code>
                {signedInBy !== "any" && <span className="row-under">{SIGNED_IN_TEXT[signedInBy]}</span>}
              </>
            ),
          },
          { key: "from", title: "From", cell: ({ from }) => <From from={from} /> },
        ]}
      />
    </section>
  );
}

/** Who may do two acts to one thing and couldn't, or could and no longer may. Nothing where nobody does. */
export function SeparationTable({ rows, count }: DutyProps<Impact["separation"][number]>) {
  if (rows.length === 0) return null;
  return (
    <section className="impact-duty" aria-labelledby="separation-title">
      <h3 id="separation-title" className="part-title">
        Who may do both to one thing
      </h3>
      <p className="quiet">By whichever account of the person, the first act and then the second.{shownOf(rows, count)}</p>
      <Table
        isLong
        caption="Who may do both to one thing"
        rows={rows}
        keyOf={({ person, first, second, after, from }) => `${person} ${first} ${second} ${String(after)} ${from ?? ""}`}
        columns={[
          {
            key: "who",
            title: "Who",
            isHeader: true,
            cell: ({ principals }) =>
              principals.map(({ principal, name }) => (
                <span key={principal} className="impact-account">
                  <PrincipalCell principal={principal} name={name} />
                </span>
              )),
          },
          { key: "direction", title: "So they", cell: ({ after }) => <Change after={after} /> },
          {
            key: "acts",
            title: "Both acts",
            cell: ({ first, second }) => (
              <code className="impact-right">
                {first}, then {second}
              </code>
            ),
          },
          {
            key: "where",
            title: "Where",
            cell: (row) => <PlacesCell places={row} about={`${row.principals.map(({ principal, name }) => name ?? principal).join(", ")}: ${row.first}, then ${row.second}`} />,
          },
          { key: "from", title: "From", cell: ({ from }) => <From from={from} /> },
        ]}
      />
    </section>
  );
}
