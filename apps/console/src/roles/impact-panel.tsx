"use client";

import { useState } from "react";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Badge, type BadgeTone, Panel } from "../components/states.tsx";
import { Moment } from "../components/moment.tsx";
import { Table } from "../components/table.tsx";
import { counted } from "../packets/packet-text.ts";
import type { Proposal } from "./policy-content.ts";
import { directionOf, type ImpactRow, SIGNED_IN_TEXT, sitesText, standingText } from "./proposal-text.ts";

const TONE: Readonly<Record<ReturnType<typeof directionOf>, BadgeTone>> = { gains: "caution", loses: "shut", "sees otherwise": "neutral" };

/** Who gains and who loses what, where, and from when on: worked out over everybody's roles as they are held, or will be. */
export function ImpactPanel({ impact: { gained, lost, altered, rows, isMore }, difference }: Pick<Proposal, "impact" | "difference">) {
  const uncounted = difference.filter(({ kind }) => kind === "role" || kind === "separation");
  const [opened, setOpened] = useState<ImpactRow | null>(null);
  return (
    <Panel
      id="impact-title"
      title="Who gains and who loses what"
      acts={
        <span className="badges">
          <Badge tone={gained > 0 ? "caution" : "neutral"}>{gained.toLocaleString("en-GB")} gained</Badge>
          <Badge tone={lost > 0 ? "shut" : "neutral"}>{lost.toLocaleString("en-GB")} lost</Badge>
          <Badge>{altered.toLocaleString("en-GB")} otherwise</Badge>
        </span>
      }
    >
      {uncounted.length > 0 && (
        <p className="advice">
          Not counted here, since they allow or deny nothing by themselves: {counted(uncounted.length, "change")} of who assigns a role, or of what one person may not both do. Each
          stands in the difference above.
        </p>
      )}
      {rows.length === 0 ? (
        <p className="quiet">Nobody, as roles are held and have been given for later: whoever is given one after this gets what it says then.</p>
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
                cell: ({ principal, principalName }) => (
                  <>
                    {principalName ?? principal}
                    {principalName !== null && <code className="row-under">{principal}</code>}
                  </>
                ),
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
                cell: (row) =>
                  row.sites.length > 4 ? (
                    <button type="button" className="row-open" onClick={() => setOpened(row)}>
                      {sitesText(row)}
                    </button>
                  ) : (
                    sitesText(row)
                  ),
              },
            ]}
          />
        </>
      )}
      {opened !== null && (
        <Dialog title="Places" isOpen onClose={() => setOpened(null)}>
          <DialogBody>
            <p>
              {opened.principalName ?? opened.principal}: <code>{opened.action}</code> on <code>{opened.resource}</code>
            </p>
            <p className="impact-places">{[...(opened.deployment ? ["the deployment"] : []), ...opened.sites].join(", ")}</p>
          </DialogBody>
        </Dialog>
      )}
    </Panel>
  );
}
