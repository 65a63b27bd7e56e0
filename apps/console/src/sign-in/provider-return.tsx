"use client";

import { useEffect, useRef, useState } from "react";
import { sendStep } from "../api/send.ts";
import { toFailure, type WireFailure } from "../api/wire-failure.ts";
import type { SessionFacts } from "../bff/session-vault.ts";
import { ButtonLink } from "../components/button.tsx";
import { Skeleton } from "../components/states.tsx";
import { PlainRefusal } from "../frame/plain-refusal.tsx";
import { tellTabs } from "../frame/tab-line.ts";
import { LinkIdentity } from "./link-identity.tsx";
import { type ProviderAnswer, takeProviderAnswer } from "./provider-visit.ts";

type Stage =
  | { readonly at: "entering" }
  | { readonly at: "linking"; readonly answer: ProviderAnswer }
  | { readonly at: "none" }
  | { readonly at: "refused"; readonly failure: WireFailure };

/** What comes of an answer. Who is let in goes on to a new document: nothing of this page is left. */
async function stageOf(answer: ProviderAnswer | null): Promise<Stage> {
  if (answer === null) return { at: "none" };
  if (answer.isLink) return { at: "linking", answer };
  const { sessionId } = await sendStep<SessionFacts>("sign-in/provider", { query: answer.query });
  tellTabs({ kind: "began", sessionId });
  location.replace("/overview");
  return { at: "entering" };
}

/** The way back from the external provider: into a session, or to the proof that links an identity. The answer is held by this component alone. */
export function ProviderReturn() {
  const [stage, setStage] = useState<Stage>({ at: "entering" });
  const isTaken = useRef(false);

  useEffect(() => {
    if (isTaken.current) return;
    isTaken.current = true;
    stageOf(takeProviderAnswer()).then(setStage, (error: unknown) => setStage({ at: "refused", failure: toFailure(error) }));
  }, []);

  return (
    <div className="door">
      <section className="door-card" aria-labelledby="provider-title">
        <h1 id="provider-title" className="page-title">
          {stage.at === "linking" ? "Link an identity" : "Sign in"}
        </h1>
        {stage.at === "entering" && <Skeleton lines={3} label="Signing you in" />}
        {stage.at === "none" && <p>Signing in by a provider begins at the sign-in page. If this page was loaded again, begin again.</p>}
        {stage.at === "refused" && <PlainRefusal failure={stage.failure} />}
        {stage.at === "linking" ? <LinkIdentity answer={stage.answer} /> : stage.at !== "entering" && <ButtonLink href="/sign-in">Back to signing in</ButtonLink>}
      </section>
    </div>
  );
}
