"use client";

import { useEffect, useRef, useState } from "react";
import { liveSession } from "../api/live-session.ts";
import { checkSession, sendCall } from "../api/send.ts";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { useFirstFocus } from "../components/use-first-focus.ts";
import { closeSession } from "./close-session.ts";
import { type IdlePhase, idlePhase } from "./idle-clock.ts";
import { useSession } from "./session-gate.tsx";

const TICK_MS = 1000;
/** Typing and pressing is activity too: the api hears of it once in a third of the idle time. */
const PART = 3;
/** After the dialog has let the page behind it go. */
const RESTORE_AFTER_MS = 60;
const INPUTS = ["keydown", "pointerdown"] as const;

/** Keeps the api's clock in step with a person who works without asking for anything. */
async function stayActive(): Promise<void> {
  await sendCall("access.mine", {}).catch(() => undefined);
}

/** Says a minute before idle logoff that it comes, and logs off where nobody answers. */
export function IdleWarning() {
  const { facts, signOut } = useSession();
  const [phase, setPhase] = useState<IdlePhase>({ phase: "active" });

  const isWarning = phase.phase === "warning";
  // Nobody opened this dialog, so the dialog can't know where the person was: it is noted as the warning begins, and gone back to after it.
  const before = useRef<Element | null>(null);
  useEffect(() => {
    if (isWarning || before.current === null) return undefined;
    const place = before.current;
    before.current = null;
    const timer = setTimeout(() => {
      if (place instanceof HTMLElement && document.activeElement === document.body) place.focus();
    }, RESTORE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [isWarning]);

  useEffect(() => {
    const endsAtMs = Date.parse(facts.endsAt);
    let isClosing = false;
    const look = () => {
      if (isClosing) return;
      const next: IdlePhase = idlePhase(Date.now(), liveSession.idleAtMs, endsAtMs, facts.idleSeconds);
      if (next.phase === "warning") before.current ??= document.activeElement;
      setPhase((now) => (now.phase === "active" && next.phase === "active" ? now : next));
      if (next.phase !== "over") return;
      isClosing = true;
      void closeSession(next.why);
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
      if (liveSession.idleAtMs - Date.now() < (facts.idleSeconds * 1000) / 2) await checkSession();
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
        <Stay onPress={stay} />
      </DialogFoot>
    </Dialog>
  );
}

/** The answer that loses nothing has the focus. */
function Stay({ onPress }: { readonly onPress: () => void }) {
  return (
    <Button kind="primary" ref={useFirstFocus<HTMLButtonElement>()} onPress={onPress}>
      Stay signed in
    </Button>
  );
}
