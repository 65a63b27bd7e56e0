"use client";

import { useEffect, useRef } from "react";
import { Button, ButtonLink } from "../components/button.tsx";
import { Lamp, type LampLook } from "../components/lamp.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Panel } from "../components/states.tsx";
import { useMay } from "../frame/me.ts";
import { bytesText, counted, packetName, sitesText } from "../packets/packet-text.ts";
import { timeLeftText } from "./upload-speed.ts";
import type { SendingFile, UploadPhase, UploadRun } from "./upload-run.ts";

const TITLE: Readonly<Record<UploadPhase, { readonly text: string; readonly look: LampLook }>> = {
  beginning: { text: "Beginning", look: "dark" },
  sending: { text: "Sending", look: "dark" },
  paused: { text: "Paused", look: "caution" },
  completing: { text: "All sent: being read and checked", look: "dark" },
  done: { text: "In quarantine", look: "lit" },
  failed: { text: "Not taken", look: "shut" },
  cancelled: { text: "Cancelled", look: "shut" },
};

/** An upload under way, and what became of it. */
export function SendingPanel({ run, onAgain }: { readonly run: UploadRun; readonly onAgain: () => void }) {
  const { text, look } = TITLE[run.phase];
  const top = useRef<HTMLDivElement>(null);
  // What had the focus, the button that began it, is gone.
  useEffect(() => top.current?.focus(), []);
  return (
    <div ref={top} tabIndex={-1} className="sending">
      <Panel id="sending-title" title={`Packet for ${run.study}`} acts={<Acts run={run} onAgain={onAgain} />}>
        <div className="sending-state">
          <Lamp look={look} size={18} />
          <output className="sending-phase">{text}</output>
          {run.phase === "sending" && <Pace run={run} />}
        </div>
        {run.isUnderWay && run.failure !== null && (
          <output className="advice sending-trouble">{run.failure.facts.message} It is tried again by itself; nothing that was sent is lost.</output>
        )}
        {run.phase !== "done" && (
          <ul className="sending-files">
            {run.files.map((file) => (
              <OneFile key={file.n} file={file} />
            ))}
          </ul>
        )}
        <Ending run={run} />
      </Panel>
    </div>
  );
}

function Acts({ run, onAgain }: { readonly run: UploadRun; readonly onAgain: () => void }) {
  if (!run.isUnderWay) return <Button onPress={onAgain}>{run.phase === "done" ? "Bring another in" : "Begin anew"}</Button>;
  return (
    <span className="sending-acts">
      {run.phase === "sending" && <Button onPress={() => run.pause()}>Pause</Button>}
      {run.phase === "paused" && (
        <Button kind="primary" onPress={() => run.resume()}>
          Go on
        </Button>
      )}
      <Button kind="danger" onPress={() => void run.cancel()}>
        Cancel
      </Button>
    </span>
  );
}

/** How far it is, how fast it goes, and how long it takes yet. Not read out as it changes. */
function Pace({ run }: { readonly run: UploadRun }) {
  const { perSecond } = run.speed;
  const left = timeLeftText(run.bytes - run.sent, perSecond);
  return (
    <span className="quiet numeral">
      {bytesText(run.sent)} of {bytesText(run.bytes)}
      {perSecond !== null && `, ${bytesText(perSecond)}/s`}
      {left !== null && `, ${left}`}
    </span>
  );
}

function OneFile({ file: { n, name, bytes, sent } }: { readonly file: SendingFile }) {
  const id = `sending-file-${n}`;
  return (
    <li className="sending-file">
      <span id={id} className="sending-name">
        <span className="quiet numeral">{n}</span> {name}
      </span>
      <progress className="progress" aria-labelledby={id} max={bytes} value={sent} />
      <span className="quiet numeral sending-share">
        {Math.floor((sent / bytes) * 100)} % of {bytesText(bytes)}
      </span>
    </li>
  );
}

function Ending({ run: { phase, failure, packet } }: { readonly run: UploadRun }) {
  const mayRead = useMay("packet.read");
  if (phase === "cancelled") return <p>Nothing was stored: what had arrived is removed. That it was begun and given up stays on record.</p>;
  if (phase === "failed" && failure !== null) {
    return (
      <>
        <Refusal failure={failure} isInline />
        {failure.where.length > 0 && <p className="quiet">Files are counted as they stand above. Mend them where they come from, and bring all of them in again.</p>}
      </>
    );
  }
  if (phase !== "done" || packet === null) return null;
  return (
    <>
      <p>
        <strong>{packetName(packet)}</strong>, {counted(packet.rows, "row")} of {packet.sites.length === 1 ? "site" : "sites"} {sitesText(packet.sites, 8)}. You can't look into it
        from here on: somebody else releases or rejects it.
      </p>
      <p className="quiet">
        On record as <code>{packet.packetId}</code>.
      </p>
      {mayRead && <ButtonLink href={`/packets/${packet.packetId}`}>See the packet</ButtonLink>}
    </>
  );
}
