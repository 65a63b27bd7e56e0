"use client";

import Link from "next/link";
import { Lamp, type LampLook } from "../components/lamp.tsx";
import { type LampState, PILLARS } from "../status/status-answer.ts";
import { pillarText } from "../status/status-text.ts";
import { useStatus } from "../status/use-status.ts";

const LOOK: Readonly<Record<LampState, LampLook>> = { ok: "lit", down: "shut", unknown: "dark" };
const WORD: Readonly<Record<LampState, string>> = { ok: "ready", down: "down", unknown: "not known" };
const EVERY_MS = 15_000;

/** The five pillars at a glance, on every page: a lamp each, on one line, in the order in which a request meets them. */
export function LampStrip() {
  const { view } = useStatus(null, EVERY_MS);
  const answer = view.phase === "live" ? view.answer : null;
  const states = PILLARS.map((pillar, index) => ({ pillar, state: answer?.pillars[index]?.state ?? ("unknown" as const) }));
  const down = states.filter(({ state }) => state === "down");
  const said = states.map(({ pillar, state }) => `${pillarText[pillar].name} ${WORD[state]}`).join(", ");
  return (
    <Link href="/overview" className="lamp-strip" aria-label={`The five controls: ${said}`}>
      <span className="lamp-strip-line" aria-hidden="true">
        {states.map(({ pillar, state }) => (
          <Lamp key={pillar} look={LOOK[state]} size={14} />
        ))}
      </span>
      {down.length > 0 && <span className="lamp-strip-down">{down.map(({ pillar }) => pillarText[pillar].name).join(", ")} down</span>}
    </Link>
  );
}
