"use client";

import { useEffect, useState } from "react";
import { liveSession } from "../api/live-session.ts";
import type { OutputOf } from "../api/procedures.ts";
import { resumeSession, sendCall } from "../api/send.ts";
import { toFailure, type WireFailure } from "../api/wire-failure.ts";
import { ButtonLink } from "../components/button.tsx";
import { Skeleton } from "../components/states.tsx";
import { PlainRefusal } from "../frame/plain-refusal.tsx";
import { linkDigest, optionsOver } from "../proof/digest-challenge.ts";
import { Proof } from "../proof/proof.tsx";
import type { ProviderAnswer } from "./provider-visit.ts";

type Me = OutputOf<"me.overview">;

/** Whoever is signed in here proves, by what they sign in with already, that the identity that the provider answered with is theirs. */
export function LinkIdentity({ answer }: { readonly answer: ProviderAnswer }) {
  const [me, setMe] = useState<Me | null>(null);
  const [failure, setFailure] = useState<WireFailure | null>(null);
  const [key] = useState(() => crypto.randomUUID());

  useEffect(() => {
    resumeSession()
      .then((facts) => {
        liveSession.begin(facts);
        return sendCall("me.overview", {});
      })
      .then(setMe, (error: unknown) => setFailure(toFailure(error)));
  }, []);

  if (failure !== null)
    return (
      <>
        <PlainRefusal failure={failure} />
        <ButtonLink href="/me">Back to session and security</ButtonLink>
      </>
    );
  if (me === null) return <Skeleton lines={4} label="Loading what you sign in with" />;
  return (
    <>
      <p>
        The provider has answered. Confirm that its identity is yours, <strong>{me.printedName}</strong>: from then on it signs you in here. It can't approve or sign anything.
      </p>
      <Proof
        isAttested
        action="Link"
        hasPassword={me.authenticators.some(({ kind }) => kind === "password")}
        challenge={me.authenticators.some(({ kind }) => kind === "passkey") ? async () => optionsOver(await linkDigest(me.personId, answer.state), location.hostname) : null}
        onProof={async (proof) => {
          await sendCall("me.linkProvider", { query: answer.query, proof }, { idempotencyKey: key });
          location.replace("/me");
        }}
      />
      <ButtonLink href="/me">Cancel</ButtonLink>
    </>
  );
}
