"use client";

import type { EnrolledOutput } from "@sallyport/contracts";
import { useState } from "react";
import { sendStep } from "../api/send.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { Icon } from "../components/icon.tsx";
import { Badge } from "../components/states.tsx";
import { FaultNotice } from "../proof/fault-notice.tsx";
import { registerPasskey } from "../proof/passkey.ts";
import { useCeremony } from "../proof/use-ceremony.ts";
import { PasswordForm } from "./password-form.tsx";
import type { Who } from "./who-form.tsx";

export interface MethodsProps {
  readonly secret: string;
  readonly who: Who;
  readonly onBack: () => void;
  readonly onDone: (enrolled: EnrolledOutput) => void;
}

/** How to prove who one is: a passkey first, because only its proofs can be checked by others; a password with a code where there is none. */
export function Methods({ secret, who, onBack, onDone }: MethodsProps) {
  const ceremony = useCeremony();
  const [label, setLabel] = useState("");
  const [isPassword, setPassword] = useState(false);
  const common = { secret, ...who };
  const enrolPasskey = () =>
    ceremony.run(async () => {
      const { ceremony: id, options } = await sendStep<{ ceremony: string; options: string }>("enrolment/passkey-options", common);
      const { response } = await registerPasskey(options);
      onDone(await sendStep<EnrolledOutput>("enrolment/passkey", { ...common, ceremony: id, label: label.trim() || "Passkey", response }));
    });
  return (
    <div className="form">
      <p>
        <strong>{who.printedName}</strong> <code>{who.username}</code>{" "}
        <Button kind="quiet" onPress={onBack}>
          Change
        </Button>
      </p>
      {isPassword ? (
        <PasswordForm common={common} onDone={onDone} />
      ) : (
        <>
          <p className="proof-kind">
            <Badge tone="stands">recommended</Badge>
            <span className="quiet">A passkey stays on your device or security key. What you approve with it can be checked by anyone, without trusting this server.</span>
          </p>
          <Field label="Name of this passkey" value={label} onChange={setLabel} hint="For example “Laptop” or “Blue key”." maxLength={60} />
          <Button kind="primary" isLarge isPending={ceremony.isBusy} onPress={enrolPasskey}>
            <Icon name="key" />
            Make a passkey
          </Button>
          <FaultNotice fault={ceremony.fault} />
        </>
      )}
      <Button kind="quiet" onPress={() => setPassword(!isPassword)}>
        {isPassword ? "Use a passkey instead" : "I can't use a passkey: password and authenticator app"}
      </Button>
    </div>
  );
}
