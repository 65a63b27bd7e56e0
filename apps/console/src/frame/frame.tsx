"use client";

import dynamic from "next/dynamic";
import type { ReactNode } from "react";
import { PlainRefusal } from "./plain-refusal.tsx";
import { EmergencyPlace } from "./emergency-place.tsx";
import { IdleWarning } from "./idle-warning.tsx";
import { Notices } from "./notices.tsx";
import { SessionGate } from "./session-gate.tsx";
import { Navigation } from "./side-rail.tsx";
import { TopBar } from "./top-bar.tsx";
import { Wordmark } from "./wordmark.tsx";

const FrozenBanner = dynamic(async () => (await import("./frozen-banner.tsx")).FrozenBanner, { ssr: false });

/** The frame around every page behind the sign-in. What it shows before the session is known is the same for everybody. */
export function Frame({ children }: { readonly children: ReactNode }) {
  return (
    <SessionGate opening={<Opening />} failed={(failure, retry) => <PlainRefusal failure={failure} onRetry={retry} />}>
      <Notices>
        <a className="skip" href="#main">
          Skip to the page
        </a>
        <div className="shell">
          <aside className="rail">
            <Wordmark />
            <Navigation />
          </aside>
          <div className="shell-body">
            <TopBar />
            <FrozenBanner />
            <EmergencyPlace />
            <main id="main" className="shell-main" tabIndex={-1}>
              {children}
            </main>
          </div>
        </div>
        <IdleWarning />
      </Notices>
    </SessionGate>
  );
}

/** The frame's own outline, empty: nothing moves when it fills. */
function Opening() {
  return (
    <div className="shell" aria-busy="true">
      <div className="rail">
        <Wordmark />
      </div>
      <div className="shell-body">
        <div className="top-bar">
          <span className="top-narrow">
            <Wordmark />
          </span>
        </div>
        <main id="main" className="shell-main">
          <output className="visually-hidden">Opening</output>
          <noscript>
            <p className="panel">These pages need scripts: what they show is fetched for you alone, and never made part of the page itself.</p>
          </noscript>
        </main>
      </div>
    </div>
  );
}
