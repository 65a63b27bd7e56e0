"use client";

import type { EnrolledOutput, OpenEnrolmentOutput } from "@sallyport/contracts";
import { useEffect, useRef, useState } from "react";
import { sendStep } from "../api/send.ts";
import { toFailure, type WireFailure } from "../api/wire-failure.ts";
import { ButtonLink } from "../components/button.tsx";
import { Skeleton } from "../components/states.tsx";
import { PlainRefusal } from "../frame/plain-refusal.tsx";
import { takeLinkSecret } from "./link-secret.ts";
import { Methods } from "./methods.tsx";
import { WhoForm, type Who } from "./who-form.tsx";

type Stage =
  | { readonly at: "opening" }
  | { readonly at: "none" }
  | { readonly at: "refused"; readonly failure: WireFailure }
  | { readonly at: "who"; readonly secret: string; readonly link: OpenEnrolmentOutput }
  | { readonly at: "method"; readonly secret: string; readonly link: OpenEnrolmentOutput; readonly who: Who }
  | { readonly at: "done"; readonly enrolled: EnrolledOutput };

const LEAD: Readonly<Record<OpenEnrolmentOutput["kind"], string>> = {
  founding: "You are a founding administrator of this deployment. There are two; with both enrolled, founding ends for good.",
  invitation: "An administrator asked for your account, and another one approved it. Choose how you will prove who you are.",
  recovery: "Your earlier authenticators no longer count. Choose how you will prove who you are from now on.",
};

const stageOf = async (secret: string): Promise<Stage> => ({ at: "who", secret, link: await sendStep<OpenEnrolmentOutput>("enrolment/open", { secret }) });

/** Enrolment by a one-time link: who, how, done. The link's secret is held by this component alone. */
export function Enrol() {
  const [stage, setStage] = useState<Stage>({ at: "opening" });
  const held = useRef<string | null>(null);

  useEffect(() => {
    const open = () => {
      held.current = takeLinkSecret() ?? held.current;
      const secret = held.current;
      (secret === null ? Promise.resolve<Stage>({ at: "none" }) : stageOf(secret)).then(setStage, (error: unknown) => setStage({ at: "refused", failure: toFailure(error) }));
    };
    open();
    // Another link pasted into the same tab changes nothing but the fragment.
    const changed = () => {
      if (location.hash !== "") open();
    };
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);

  return (
    <div className="door">
      <section className="door-card door-card-wide" aria-labelledby="enrol-title">
        <h1 id="enrol-title" className="page-title">
          {stage.at === "done" ? "You are enrolled" : "Enrol"}
        </h1>
        {stage.at === "opening" && <Skeleton lines={4} label="Opening the link" />}
        {stage.at === "none" && (
          <p>
            Enrolling needs a one-time link. Open the whole link, with everything after the <code>#</code>. If the page was loaded again, the link has to be opened again.
          </p>
        )}
        {stage.at === "refused" && <PlainRefusal failure={stage.failure} />}
        {(stage.at === "who" || stage.at === "method") && (
          <p className="quiet">
            {stage.link.founder === null ? "" : `Founder ${stage.link.founder} of 2. `}
            {LEAD[stage.link.kind]}
          </p>
        )}
        {stage.at === "who" && <WhoForm link={stage.link} onWho={(who) => setStage({ ...stage, at: "method", who })} />}
        {stage.at === "method" && (
          <Methods
            secret={stage.secret}
            who={stage.who}
            onBack={() => setStage({ at: "who", secret: stage.secret, link: stage.link })}
            onDone={(enrolled) => {
              held.current = null;
              setStage({ at: "done", enrolled });
            }}
          />
        )}
        {stage.at === "done" && <Done enrolled={stage.enrolled} />}
      </section>
    </div>
  );
}

function Done({ enrolled }: { readonly enrolled: EnrolledOutput }) {
  const { foundersLeft, username, authenticator } = enrolled;
  const title = useRef<HTMLParagraphElement>(null);
  useEffect(() => title.current?.focus(), []);
  return (
    <>
      <p ref={title} tabIndex={-1} className="door-done">
        <code>{username}</code> can sign in with {authenticator.kind === "passkey" ? <>the passkey “{authenticator.label}”</> : "a password and a code"}.
      </p>
      {foundersLeft > 0 ? (
        <p>
          <strong>One founding link is left.</strong> Nobody can sign in before the other founding administrator has enrolled as well.
        </p>
      ) : (
        <ButtonLink href="/sign-in" kind="primary">
          Sign in
        </ButtonLink>
      )}
      {authenticator.kind === "passkey" && <p className="quiet">Add a second passkey soon, under Session and security: a lost only one means recovery by two others.</p>}
    </>
  );
}
