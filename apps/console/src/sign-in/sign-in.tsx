"use client";

import type { MethodsOutput } from "@sallyport/contracts";
import { useEffect, useState } from "react";
import { resumeSession, sendStep } from "../api/send.ts";
import type { SessionFacts } from "../bff/session-vault.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { Icon } from "../components/icon.tsx";
import { returnPath } from "../frame/navigation.ts";
import { tellTabs } from "../frame/tab-line.ts";
import { FaultNotice } from "../proof/fault-notice.tsx";
import { assertPasskey } from "../proof/passkey.ts";
import { PasswordProof } from "../proof/password-proof.tsx";
import { useCeremony } from "../proof/use-ceremony.ts";
import { goToProvider } from "./provider-visit.ts";

const WHY: Readonly<Record<string, string>> = {
  idle: "You were signed out because nothing was done for a while. What the page showed is gone from this browser.",
  expired: "You were signed out: a session lasts twelve hours at most.",
  ended: "Your session was ended. If it was not you who ended it, tell a security administrator.",
  other: "Somebody else signed in here, so the page was closed.",
  out: "You are signed out.",
};

export interface SignInProps {
  /** Why the last session is over, if that is how the person comes here. */
  readonly why: string | null;
  /** Where they wanted to go. */
  readonly to: string | null;
}

/** Signing in: a passkey needs no name; password and code are the other way. */
export function SignIn({ why, to }: SignInProps) {
  const ceremony = useCeremony();
  const [isPassword, setPassword] = useState(false);
  const [username, setUsername] = useState("");
  const [isTried, setTried] = useState(false);
  const [foundersLeft, setFoundersLeft] = useState(0);
  const [provider, setProvider] = useState<string | null>(null);
  const reason = why === null ? undefined : WHY[why];

  useEffect(() => {
    // Who comes here with a session has no need of another.
    if (why === null)
      resumeSession().then(
        () => location.replace(returnPath(to)),
        () => undefined,
      );
    sendStep<{ foundersLeft: number }>("founding").then(
      (founding) => setFoundersLeft(founding.foundersLeft),
      () => undefined,
    );
    sendStep<MethodsOutput>("methods").then(
      (methods) => setProvider(methods.provider),
      () => undefined,
    );
  }, [to, why]);

  const enter = (facts: SessionFacts) => {
    tellTabs({ kind: "began", sessionId: facts.sessionId });
    // A new document: nothing of this page, and nothing of the person before, is left.
    location.replace(returnPath(to));
  };
  const withPasskey = () =>
    ceremony.run(async () => {
      const { ceremony: id, options } = await sendStep<{ ceremony: string; options: string }>("sign-in/passkey-options");
      enter(await sendStep<SessionFacts>("sign-in/passkey", { ceremony: id, response: await assertPasskey(options) }));
    });

  const withProvider = () => ceremony.run(async () => goToProvider((await sendStep<{ url: string }>("sign-in/provider-options")).url));

  return (
    <div className="door">
      <section className="door-card" aria-labelledby="sign-in-title">
        <h1 id="sign-in-title" className="page-title">
          Sign in
        </h1>
        {reason !== undefined && <p className="door-why">{reason}</p>}
        {foundersLeft > 0 && (
          <output className="door-founding">
            <strong>Founding isn't finished.</strong> {foundersLeft === 2 ? "Both founding administrators have" : "One founding administrator has"} yet to enrol, by the links that
            the start printed. Until then nobody can sign in.
          </output>
        )}
        {isPassword ? (
          <div className="form">
            <Field
              label="User name"
              value={username}
              onChange={setUsername}
              autoComplete="username"
              maxLength={64}
              error={isTried && username.trim() === "" ? "Enter your user name." : null}
            />
            <PasswordProof
              action="Sign in"
              isBusy={ceremony.isBusy}
              onTry={() => setTried(true)}
              onProof={(proof) => {
                if (username.trim() !== "")
                  ceremony.run(async () => enter(await sendStep<SessionFacts>("sign-in/password", { username: username.trim().toLowerCase(), ...proof })));
              }}
            />
          </div>
        ) : (
          <Button kind="primary" isLarge isPending={ceremony.isBusy} onPress={withPasskey}>
            <Icon name="key" />
            Sign in with a passkey
          </Button>
        )}
        <Button
          kind="quiet"
          onPress={() => {
            ceremony.clear();
            setPassword(!isPassword);
          }}
        >
          {isPassword ? "Use a passkey instead" : "Use password and code instead"}
        </Button>
        {provider !== null && (
          <Button isPending={ceremony.isBusy} onPress={withProvider}>
            Sign in with {provider}
          </Button>
        )}
        <FaultNotice fault={ceremony.fault} />
        <p className="door-foot quiet">Lost what you sign in with? A security administrator can start your recovery; two others have to agree.</p>
      </section>
    </div>
  );
}
