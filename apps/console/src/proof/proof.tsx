"use client";

import { useState } from "react";
import type { InputOf } from "../api/procedures.ts";
import { Button } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { Badge } from "../components/states.tsx";
import { FaultNotice } from "./fault-notice.tsx";
import { assertPasskey } from "./passkey.ts";
import { PasswordProof } from "./password-proof.tsx";
import { useCeremony } from "./use-ceremony.ts";

export type StepUp = NonNullable<InputOf<"approvals.decide">["proof"]>;

export interface ProofProps {
  /** What the buttons say they do: “Approve”, “Remove”. */
  readonly action: string;
  /** Makes the options of an assertion over the act's digest; null where the person has no passkey. */
  readonly challenge: (() => Promise<string>) | null;
  readonly hasPassword: boolean;
  /** Whether the api checks a passkey's word by itself, where no custodian's note comes of it. */
  readonly isAttested?: boolean;
  /** False while the act itself isn't complete: then pressing shows what is missing. */
  readonly isReady?: boolean;
  readonly onUnready?: () => void;
  readonly onProof: (proof: StepUp) => Promise<unknown>;
}

/** The proof over an act: a passkey's assertion, or password and code, which are the server's word alone and say so. */
export function Proof({ action, challenge, hasPassword, isAttested = false, isReady = true, onUnready, onProof }: ProofProps) {
  const ceremony = useCeremony();
  const [isPassword, setPassword] = useState(challenge === null);
  const prove = (make: () => Promise<StepUp>) => {
    if (isReady) ceremony.run(async () => void (await onProof(await make())));
    else onUnready?.();
  };
  return (
    <div className="proof">
      {isPassword ? (
        <>
          <p className="proof-kind">
            <Badge tone="caution">server-attested</Badge>
            <span className="quiet">Password and code are checked by the api. On record, this is the server's word.</span>
          </p>
          <PasswordProof action={action} isBusy={ceremony.isBusy} onProof={({ password, totp }) => prove(async () => ({ kind: "password", password, totp }))} />
        </>
      ) : (
        <>
          <p className="proof-kind">
            <Badge tone="stands">passkey</Badge>
            <span className="quiet">
              {isAttested
                ? "Your passkey signs exactly this act, now; the api checks it."
                : "Your passkey signs the digest above, and the custodian checks it against its own list."}
            </span>
          </p>
          <Button
            kind="primary"
            isPending={ceremony.isBusy}
            onPress={() => prove(async () => ({ kind: "passkey", response: await assertPasskey(challenge === null ? "{}" : await challenge()) }))}
          >
            <Icon name="key" />
            {action} with your passkey
          </Button>
        </>
      )}
      {challenge !== null && hasPassword && (
        <Button kind="quiet" onPress={() => setPassword(!isPassword)}>
          {isPassword ? "Use your passkey instead" : "Use password and code instead"}
        </Button>
      )}
      <FaultNotice fault={ceremony.fault} />
    </div>
  );
}
