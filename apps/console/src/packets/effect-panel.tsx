"use client";

import { useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { Button } from "../components/button.tsx";
import { Lamp } from "../components/lamp.tsx";
import { Panel } from "../components/states.tsx";
import { WideFrame } from "../components/wide-frame.tsx";
import { useMay } from "../frame/me.ts";
import { DecideDialog, type Verdict } from "./decide-dialog.tsx";
import { type Effect, effectSentences, failedChecks, fileText, type Inspection } from "./inspection-text.ts";
import { counted, type Packet } from "./packet-text.ts";

interface EffectPanelProps {
  readonly packet: Packet;
  readonly inspection: Inspection;
  readonly onReleased: (released: OutputOf<"packets.release">) => void;
  readonly onAgain: () => void;
  readonly isLooking: boolean;
}

/** What a release would do now, at each site, and the two ways to decide. */
export function EffectPanel({ packet, inspection: { files, documents, release }, onReleased, onAgain, isLooking }: EffectPanelProps) {
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [mayRelease, mayReject] = [useMay("packet.release"), useMay("packet.reject")];
  const failed =
    files.reduce((sum, file) => sum + failedChecks(file), 0) + documents.reduce((sum, { checks }) => sum + checks.filter(({ outcome }) => outcome === "fails").length, 0);
  return (
    <div className="inspection-effect">
      <Panel id="effect-title" title="What a release would do now">
        <div className="outcome">
          <Lamp look={release.refused ? "shut" : "lit"} size={20} />
          <div>
            {release.refused ? (
              <p>
                <strong>It would be refused, whole.</strong>
                {failed > 0 && ` ${counted(failed, "check")} ${failed === 1 ? "fails" : "fail"}.`}
              </p>
            ) : (
              <ul className="effect-lines">
                {effectSentences(release).map((sentence) => (
                  <li key={sentence}>{sentence}</li>
                ))}
              </ul>
            )}
          </div>
        </div>
        {release.conflicts.length > 0 && <Conflicts conflicts={release.conflicts} files={files} />}
        {release.withdrawn.length > 0 && <Withdrawn rows={release.withdrawn} files={files} />}
        {!release.refused && release.sites.length > 0 && <SiteCounts sites={release.sites} />}
        <div className="effect-acts">
          {mayRelease && (
            <Button kind="primary" isDisabled={release.refused} onPress={() => setVerdict("release")}>
              Release
            </Button>
          )}
          {mayReject && (
            <Button kind="danger" onPress={() => setVerdict("reject")}>
              Reject
            </Button>
          )}
          <Button kind="quiet" isPending={isLooking} onPress={onAgain}>
            Look again
          </Button>
        </div>
        <p className="quiet">All of it or nothing: a part of a packet can't be released.</p>
      </Panel>
      <DecideDialog packet={packet} release={release} verdict={verdict} onClose={() => setVerdict(null)} onReleased={onReleased} onAgain={onAgain} />
    </div>
  );
}

const NUMBER = new Intl.NumberFormat("en-GB");

function SiteCounts({ sites }: { readonly sites: Effect["sites"] }) {
  return (
    <WideFrame label="Records by site">
      <table className="plain-table site-counts">
        <caption className="visually-hidden">Records by site</caption>
        <thead>
          <tr>
            <th scope="col">Site</th>
            <th scope="col" className="number">
              New
            </th>
            <th scope="col" className="number">
              Differ
            </th>
            <th scope="col" className="number">
              Same
            </th>
            <th scope="col" className="number">
              Absent
            </th>
          </tr>
        </thead>
        <tbody>
          {sites.map(({ study, site, records }) => (
            <tr key={`${study}/${site}`}>
              <th scope="row">{site}</th>
              {[records.created, records.updated, records.unchanged, records.absent].map((count, at) => (
                // The columns are these four, always.
                <td key={["created", "updated", "unchanged", "absent"][at]} className="number">
                  {count === 0 ? <span className="quiet">0</span> : NUMBER.format(count)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </WideFrame>
  );
}

/** Rows that bring something new for subjects who withdrew: the releasing person states that it was collected before, or leaves it. */
function Withdrawn({ rows, files }: { readonly rows: Effect["withdrawn"]; readonly files: Inspection["files"] }) {
  return (
    <div className="advice withdrawn">
      <h3 className="part-title">Subjects who withdrew consent</h3>
      <p>These rows bring something new for them. A release needs your statement that it was collected before they withdrew.</p>
      <Rows rows={rows} files={files} />
    </div>
  );
}

interface RowsProps {
  readonly rows: readonly { readonly n: number; readonly row: number; readonly site?: { readonly site: string } | null }[];
  readonly files: Inspection["files"];
}

/** Rows by their files; and of which site, where that is a question. */
function Rows({ rows, files }: RowsProps) {
  return (
    <ul className="fault-places">
      {rows.map(({ n, row, site }) => (
        <li key={`${n}/${row}`}>
          <code>
            {fileText(files.find((file) => file.n === n) ?? { n, dataset: "?" })}, row {row}
          </code>
          {site === null && ", of a site that you don't reach"}
          {site !== null && site !== undefined && `, of site ${site.site}`}
        </li>
      ))}
    </ul>
  );
}

/** Shown to the releaser alone: rows whose subject belongs to another site. */
function Conflicts({ conflicts, files }: { readonly conflicts: Effect["conflicts"]; readonly files: Inspection["files"] }) {
  return (
    <div className="faults">
      <h3 className="part-title">Conflicts with another site</h3>
      <p>These rows name subjects that another site holds. Reject the packet, or have the subject transferred first.</p>
      <Rows rows={conflicts} files={files} />
    </div>
  );
}
