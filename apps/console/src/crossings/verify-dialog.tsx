"use client";

import { useState } from "react";
import { useWatch } from "../api/use-watch.ts";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Lamp, type LampLook } from "../components/lamp.tsx";
import { Refusal } from "../components/refusal.tsx";
import { verifyEnded, type VerifyEvent, verifyHeard, verifyPercent, verifyRate, verifyStarted, type VerifyRun } from "./verify-run.ts";

interface VerifyDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** One chain, or null for all that the reader reaches. */
  readonly chain: string | null;
}

/** Verifies while it is open, and says how far it is. Closing it stops the verification; nothing is lost by that. */
export function VerifyDialog({ isOpen, onClose, chain }: VerifyDialogProps) {
  return (
    <Dialog title={chain === null ? "Verify the trail" : "Verify a chain"} isOpen={isOpen} onClose={onClose}>
      {isOpen && <Running chain={chain} onClose={onClose} />}
    </Dialog>
  );
}

const looks: Record<VerifyRun["phase"], LampLook> = { running: "dark", whole: "lit", broken: "shut", cut: "caution" };
const titles: Record<VerifyRun["phase"], string> = {
  running: "Verifying …",
  whole: "Whole: every record verifies, up to its chain's end",
  broken: "Broken",
  cut: "Ended early: nothing is said of what was not verified",
};

function Running({ chain, onClose }: { readonly chain: string | null; readonly onClose: () => void }) {
  const [heard, setRun] = useState<VerifyRun>(verifyStarted);
  const [rate, setRate] = useState<number | null>(null);
  const [startedMs] = useState(() => performance.now());
  const hear = (event: VerifyEvent): void => {
    setRun((run) => verifyHeard(run, event));
    setRate(verifyRate(event, performance.now() - startedMs));
  };
  const watch = useWatch("crossings.verify", chain === null ? {} : { chains: [chain] }, hear, { isOnce: true });
  const run = watch.phase === "over" || watch.phase === "refused" ? verifyEnded(heard) : heard;
  const broken = run.chains.flatMap(({ chain: name, generation, broken: fault }) => (fault === null ? [] : [{ name, generation, ...fault }]));
  const latest = run.chains.at(-1);
  return (
    <>
      <DialogBody>
        <p className="verify-title">
          <Lamp look={looks[run.phase]} size={20} />
          <output>
            <strong>{titles[run.phase]}</strong>
          </output>
        </p>
        <progress className="progress" aria-label="Verified" max={100} value={run.phase === "running" && run.of === 0 ? undefined : verifyPercent(run)} />
        <p className="quiet">
          {run.done.toLocaleString("en-GB")} of {run.of.toLocaleString("en-GB")} chains, {run.recordsDone.toLocaleString("en-GB")} of {run.recordsOf.toLocaleString("en-GB")}{" "}
          records{rate !== null && <>, {rate.toLocaleString("en-GB")} a second</>}
          {run.phase === "running" && latest !== undefined && <> · last: {latest.chain}</>}
        </p>
        {watch.phase === "refused" && <Refusal failure={watch.failure} isInline />}
        {broken.length > 0 && (
          <ul className="breaks">
            {broken.map(({ name, generation, seq, kind, why }) => (
              <li key={`${name}~${generation}`}>
                <strong>{name}</strong>, generation {generation}, record {seq.toLocaleString("en-GB")}: {kind}. <span className="quiet">{why}</span>
              </li>
            ))}
          </ul>
        )}
      </DialogBody>
      <DialogFoot>
        <Button kind={run.phase === "running" ? "plain" : "primary"} onPress={onClose}>
          {run.phase === "running" ? "Stop" : "Close"}
        </Button>
      </DialogFoot>
    </>
  );
}
