"use client";

import type { EnrolledOutput } from "@sallyport/contracts";
import dynamic from "next/dynamic";
import { useEffect, useState } from "react";
import { sendStep } from "../api/send.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { Badge, Skeleton } from "../components/states.tsx";
import { FaultNotice } from "../proof/fault-notice.tsx";
import { useCeremony } from "../proof/use-ceremony.ts";

const QrCode = dynamic(() => import("./qr-code.tsx"), { ssr: false });
const LENGTH_MIN = 15;

interface Shared {
  readonly ceremony: string;
  readonly secret: string;
  readonly uri: string;
}

export interface PasswordFormProps {
  readonly common: { readonly secret: string; readonly username: string; readonly printedName: string };
  readonly onDone: (enrolled: EnrolledOutput) => void;
}

/** A password with a code from an authenticator app: the shared secret as a QR code and in letters, then both components at once. */
export function PasswordForm({ common, onDone }: PasswordFormProps) {
  const ceremony = useCeremony();
  const { run } = ceremony;
  const [shared, setShared] = useState<Shared | null>(null);
  const [password, setPassword] = useState("");
  const [isShown, setShown] = useState(false);
  const [totp, setTotp] = useState("");
  const [isTried, setTried] = useState(false);
  const { secret, username, printedName } = common;
  const code = totp.replaceAll(" ", "");
  const length = Array.from(password).length;
  const isLong = length >= LENGTH_MIN;
  const isCode = /^[0-9]{6}$/.test(code);

  useEffect(() => {
    let isWanted = true;
    // Asked for once for this person: a second secret would make the first one useless.
    run(async () => {
      const answer = await sendStep<Shared>("enrolment/totp-options", { secret, username, printedName });
      if (isWanted) setShared(answer);
    });
    return () => {
      isWanted = false;
    };
  }, [run, secret, username, printedName]);

  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (shared === null || !isLong || !isCode) return;
        ceremony.run(async () => onDone(await sendStep<EnrolledOutput>("enrolment/password", { ...common, ceremony: shared.ceremony, password, totp: code })));
      }}
    >
      <p className="proof-kind">
        <Badge tone="caution">server-attested</Badge>
        <span className="quiet">What you approve this way rests on this server's word. Add a passkey later if you can.</span>
      </p>
      {shared === null ? (
        ceremony.fault === null && <Skeleton lines={5} label="Making the shared secret" />
      ) : (
        <div className="totp">
          <QrCode text={shared.uri} label="QR code of the shared secret for an authenticator app" />
          <div>
            <p>Scan this with your authenticator app, or type the secret:</p>
            <code className="totp-secret">{shared.secret.match(/.{1,4}/g)?.join(" ")}</code>
          </div>
        </div>
      )}
      <Field
        label="Password"
        type={isShown ? "text" : "password"}
        value={password}
        onChange={setPassword}
        autoComplete="new-password"
        maxLength={256}
        hint={`At least ${LENGTH_MIN} characters, of any kind. A few unrelated words do; known passwords are refused.`}
        error={isTried && !isLong ? `This has ${length} of ${LENGTH_MIN} characters.` : null}
      />
      <Button kind="quiet" onPress={() => setShown(!isShown)} aria-pressed={isShown}>
        {isShown ? "Hide the password" : "Show the password"}
      </Button>
      <Field
        label="Code that the app shows now"
        value={totp}
        onChange={setTotp}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={7}
        isCode
        error={isTried && !isCode ? "Enter the six digits." : null}
      />
      <div className="form-acts">
        <Button type="submit" kind="primary" isPending={ceremony.isBusy} isDisabled={shared === null}>
          Enrol
        </Button>
      </div>
      <FaultNotice fault={ceremony.fault} />
    </form>
  );
}
