"use client";

import { useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { REASON_MIN } from "../components/reason.ts";
import { Refusal } from "../components/refusal.tsx";
import { useTell } from "../frame/notices.tsx";
import { type Effect, effectSentences } from "./inspection-text.ts";
import { counted, type Packet, packetName, sitesText } from "./packet-text.ts";

export type Verdict = "release" | "reject";

interface DecideDialogProps {
  readonly packet: Packet;
  readonly release: Effect;
  readonly verdict: Verdict | null;
  readonly onClose: () => void;
  readonly onReleased: (released: OutputOf<"packets.release">) => void;
  readonly onAgain: () => void;
}

/** The decision with its reason; it repeats what will happen. */
export function DecideDialog({ verdict, ...props }: DecideDialogProps) {
  return (
    <Dialog title={verdict === "reject" ? "Reject this packet" : "Release this packet"} isOpen={verdict !== null} onClose={props.onClose}>
      {verdict !== null && <Decision key={verdict} verdict={verdict} {...props} />}
    </Dialog>
  );
}

const REFRESHES = ["packets.get", "packets.list", "overview.get", "subjects.list"] as const;

function Decision({ packet, release, verdict, onClose, onReleased, onAgain }: DecideDialogProps & { readonly verdict: Verdict }) {
  const tell = useTell();
  const { packetId, study, sites } = packet;
  const [reason, setReason] = useState("");
  const [isTried, setTried] = useState(false);
  const [isOfBefore, setOfBefore] = useState(false);
  const [asksWhen, setAsksWhen] = useState(verdict === "release" && release.withdrawn.length > 0);
  const isReady = reason.trim().length >= REASON_MIN;
  const releasing = useChange("packets.release", {
    refreshes: REFRESHES,
    // Somebody withdrew consent: only the releasing person can say of when the data are.
    onFailed: (failure) => setAsksWhen((now) => now || failure.code === "packet.withdrawn"),
    onDone: (output) => {
      onReleased(output);
      onClose();
      tell({ tone: "done", text: output.equal ? "Released: everything in it was stored already." : "Released, and on record with signed evidence." });
    },
  });
  const rejecting = useChange("packets.reject", {
    refreshes: REFRESHES,
    onDone: () => {
      onClose();
      tell({ tone: "done", text: "Rejected. Nothing of it reached a subject." });
    },
  });
  const change = verdict === "release" ? releasing : rejecting;
  const decide = () => {
    if (verdict === "reject") rejecting.mutate({ packetId, reason: reason.trim() });
    else releasing.mutate({ packetId, reason: reason.trim(), collectedBeforeWithdrawal: asksWhen && isOfBefore });
  };
  return (
    <form
      className="dialog-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (isReady && !change.isPending) decide();
      }}
    >
      <DialogBody>
        <p>
          <strong>{packetName(packet)}</strong> of {study}, {sites.length === 1 ? "site " : `${counted(sites.length, "site")}: `}
          {sitesText(sites)}
        </p>
        <div className="will-happen">
          <p className="eyebrow">What will happen</p>
          <ul className="effect-lines">
            {verdict === "release" ? (
              effectSentences(release).map((sentence) => <li key={sentence}>{sentence}</li>)
            ) : (
              <li>Nothing of it reaches a subject. It stays on record as it came, sealed, and can't be released any more.</li>
            )}
          </ul>
        </div>
        <Field
          label="Reason"
          value={reason}
          onChange={setReason}
          rows={3}
          maxLength={500}
          autoComplete="off"
          hint="At least eight characters. It is sealed beside the record; don't write anything about a subject."
          error={isTried && !isReady ? "Say why, in at least eight characters." : null}
          isRequired
        />
        {asksWhen && (
          <label className="check">
            <input type="checkbox" checked={isOfBefore} onChange={() => setOfBefore((now) => !now)} />
            What it brings for subjects who have withdrawn was collected before they withdrew. I state this, and it goes on record.
          </label>
        )}
        {change.isError && <Refusal failure={change.error} isInline />}
      </DialogBody>
      <DialogFoot>
        <Button kind="quiet" onPress={onClose}>
          Cancel
        </Button>
        {change.isError && (
          <Button
            onPress={() => {
              onClose();
              onAgain();
            }}
          >
            Look again
          </Button>
        )}
        <Button type="submit" kind={verdict === "release" ? "primary" : "danger"} isPending={change.isPending}>
          {verdict === "release" ? "Release it" : "Reject it"}
        </Button>
      </DialogFoot>
    </form>
  );
}
