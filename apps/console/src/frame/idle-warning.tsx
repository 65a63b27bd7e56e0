"use client";

import { useEffect, useRef, useState } from "react";
import { liveSession } from "../api/live-session.ts";
import { resumeSession, sendCall, sendStep } from "../api/send.ts";
import { toFailure } from "../api/wire-failure.ts";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { coverPage } from "./leave.ts";
import { type IdlePhase, idlePhase } from "./idle-clock.ts";
import { useSession } from "./session-gate.tsx";
import { tellTabs } from "./tab-line.ts";

const TICK_MS = 1000;
/** Typing and pressing is activity too: the api hears of it once in a third of the idle time. */
const PART = 3;
const INPUTS = ["keydown", "pointerdown"] as const;

/** Keeps the api's clock in step with a person who works without asking for anything. */
async function stayActive(): Promise<void> {
  await sendCall("access.mine", {}).catch(() => undefined);
}

/** The time is up as this page sees it. The console is asked once more, for the person may be at work in another browser window. */
async function closeUp(why: "idle" | "expired"): Promise<void> {
  coverPage();
  const sessionId = liveSession.facts?.sessionId;
  if (sessionId === undefined) return;
  tellTabs({ kind: "ended", sessionId, why });
  await sendStep("end").catch(() => undefined);
  liveSession.end(why);
}

/** Says a minute before idle logoff that it comes, and logs off where nobody answers. */
export function IdleWarning() {
  const { facts, signOut } = useSession();
  const [phase, setPhase] = useState<IdlePhase>({ phase: "active" });

  const button = useRef<HTMLButtonElement>(null);
  const isWarning = phase.phase === "warning";
  useEffect(() => {
    if (isWarning) button.current?.focus();
  }, [isWarning]);

  useEffect(() => {
    const endsAtMs = Date.parse(facts.endsAt);
    let isClosing = false;
    const look = () => {
      if (isClosing) return;
      const next = idlePhase(Date.now(), liveSession.idleAtMs, endsAtMs, facts.idleSeconds);
      setPhase((now) => (now.phase === "active" && next.phase === "active" ? now : next));
      if (next.phase !== "over") return;
      isClosing = true;
      void closeUp(next.why);
    };
    const noteInput = () => {
      const isNear = liveSession.idleAtMs - Date.now() < Math.min(60, facts.idleSeconds / 2) * 1000;
      if (!isNear && Date.now() - liveSession.activeAtMs > (facts.idleSeconds * 1000) / PART) void stayActive();
    };
    const timer = setInterval(look, TICK_MS);
    document.addEventListener("visibilitychange", look);
    for (const input of INPUTS) addEventListener(input, noteInput, { capture: true, passive: true });
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
      for (const input of INPUTS) removeEventListener(input, noteInput, { capture: true });
    };
  }, [facts]);

  const stay = () => {
    void stayActive().then(async () => {
      // Where the call could not be made, the session may be over: that is found out at once.
      if (liveSession.idleAtMs - Date.now() < (facts.idleSeconds * 1000) / 2)
        await resumeSession().catch((error: unknown) => toFailure(error).endsSession && liveSession.end("ended"));
      setPhase({ phase: "active" });
    });
  };

  return (
    <Dialog title="Still there?" isOpen={isWarning} onClose={stay} isAlert>
      <DialogBody>
        <p>
          You will be signed out in <strong className="numeral">{phase.phase === "warning" ? phase.secondsLeft : 0}</strong> seconds, because nothing was done here for a while.
          What you have not sent is lost then.
        </p>
      </DialogBody>
      <DialogFoot>
        <Button kind="quiet" onPress={signOut}>
          Sign out now
        </Button>
        <Button kind="primary" ref={button} onPress={stay}>
          Stay signed in
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
