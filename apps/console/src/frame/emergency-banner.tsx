"use client";

import Link from "next/link";
import { useEffect, useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Lamp } from "../components/lamp.tsx";
import { timeLeft } from "../emergency/emergency-text.ts";
import { useTell } from "./notices.tsx";

const EVERY_MS = 20_000;
const TICK_MS = 10_000;

/** Stands over every page while the person has an emergency access open: how long it lasts, and ending it. */
export function EmergencyBanner() {
  const mine = useCall("emergencies.mine", {}, { everyMs: EVERY_MS, isBackground: true });
  const tell = useTell();
  const [nowMs, setNowMs] = useState(() => Date.now());
  const end = useChange("emergencies.end", {
    refreshes: ["emergencies.mine", "overview.get"],
    onDone: () => tell({ tone: "done", text: "Ended. Somebody else will review what was read." }),
    onFailed: () => tell({ tone: "shut", text: "It could not be ended, or has ended already. Load the page again to see how it stands." }),
  });
  const last = mine.data?.last ?? null;
  const isOpen = last?.isOpen === true && Date.parse(last.until) > nowMs;
  useEffect(() => {
    if (last?.isOpen !== true) return undefined;
    const timer = setInterval(() => setNowMs(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [last?.isOpen]);
  if (last === null || !isOpen) return null;
  return (
    <section className="frozen emergency-banner" aria-label="Emergency access">
      <Lamp look="shut" size={18} />
      <span>
        <strong>Emergency access is open,</strong> for {timeLeft(last.until, nowMs)} more. What you read under it is on record, and somebody else reviews it.
      </span>
      <span className="emergency-acts">
        <Link href={`/subjects/${last.subjectId}`}>To the subject</Link>
        <Button isPending={end.isPending} onPress={() => end.mutate({ emergencyId: last.emergencyId })}>
          End now
        </Button>
      </span>
    </section>
  );
}
