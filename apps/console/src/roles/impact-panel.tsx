"use client";

import { Badge, type BadgeTone, Panel } from "../components/states.tsx";
import { Moment } from "../components/moment.tsx";
import { Table } from "../components/table.tsx";
import { counted } from "../packets/packet-text.ts";
import { CsvButton } from "./csv-button.tsx";
import { AssigningTable, SeparationTable } from "./duty-tables.tsx";
import type { Proposal } from "./policy-content.ts";
import { PlacesCell } from "./places-cell.tsx";
import { PrincipalCell } from "./principal-cell.tsx";
import { directionOf, SIGNED_IN_TEXT, standingText } from "./proposal-text.ts";

const TONE: Readonly<Record<ReturnType<typeof directionOf>, BadgeTone>> = { gains: "caution", loses: "shut", "sees otherwise": "neutral" };

/** Who gains and who loses what, where, and from when on: worked out over everybody's roles as they are held, or will be. */
export function ImpactPanel({ impact, proposal: { proposalId, version } }: Pick<Proposal, "impact" | "proposal">) {
  const { gained, lost, altered, rows, isMore, assigning, assigningCount, separation, separationCount } = impact;
  return (
    <Panel
      id="impact-title"
      title="Who gains and who loses what"
      acts={
        <span className="badges">
          <Badge tone={gained > 0 ? "caution" : "neutral"}>{gained.toLocaleString("en-GB")} gained</Badge>
          <Badge tone={lost > 0 ? "shut" : "neutral"}>{lost.toLocaleString("en-GB")} lost</Badge>
          <Badge>{altered.toLocaleString("en-GB")} otherwise</Badge>
          {rows.length + assigning.length + separation.length > 0 && (
            <CsvButton path="policy.proposal" input={{ proposalId, format: "csv" }} name={`impact-of-version-${version}`} />
          )}
        </span>
      }
    >
      {rows.length === 0 ? (
        <p className="quiet">Nobody gains or loses a right, as roles are held and have been given for later: whoever is given one after this gets what it says then.</p>
      ) : (
        <>
          <p className="quiet">
            Counted in points: somebody, an act, a thing, a place, a way of signing in. Locks, closed sites and suspensions hide nothing here, since one person can lift them.
            {isMore && ` The first ${counted(rows.length, "row")} are shown; all are counted.`}
          </p>
          <Table
            isLong
            caption="Who gains and who loses what"
            rows={rows}
            keyOf={({ principal, action, resource, signedInBy, sites, deployment, from }) =>
              `${principal} ${action} ${resource} ${signedInBy} ${sites[0] ?? ""} ${String(deployment)} ${from ?? ""}`
            }
            columns={[
              {
                key: "who",
                title: "Who",
                isHeader: true,
                cell: ({ principal, principalName }) => <PrincipalCell principal={principal} name={principalName} />,
              },
              { key: "direction", title: "So they", cell: (row) => <Badge tone={TONE[directionOf(row)]}>{directionOf(row)}</Badge> },
              {
                key: "what",
                title: "What",
                cell: ({ action, resource, signedInBy }) => (
                  <>
                    <code className="impact-right">
                      {action} {resource}
                    </code>
                    {signedInBy !== "any" && <span className="row-under">{SIGNED_IN_TEXT[signedInBy]}</span>}
                  </>
                ),
              },
              {
                key: "standing",
                title: "Now, and then",
                cell: ({ before, after, from }) => (
                  <>
                    <span className="quiet">{standingText(before)}</span> → {standingText(after)}
                    {from !== null && (
                      <span className="row-under">
                        from <Moment at={from} />
                      </span>
                    )}
                  </>
                ),
              },
              {
                key: "where",
                title: "Where",
                cell: (row) => <PlacesCell places={row} about={`${row.principalName ?? row.principal}: ${row.action} on ${row.resource}`} />,
              },
            ]}
          />
        </>
      )}
      <AssigningTable rows={assigning} count={assigningCount} />
      <SeparationTable rows={separation} count={separationCount} />
    </Panel>
  );
}
