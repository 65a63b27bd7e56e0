"use client";

import { useState } from "react";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";

export interface PasswordAndCode {
  readonly password: string;
  readonly totp: string;
}

/** Password and code together, so that nothing tells which one was wrong. Both are dropped as soon as they were handed over. */
export function PasswordProof({
  action,
  isBusy,
  onTry,
  onProof,
}: {
  readonly action: string;
  readonly isBusy: boolean;
  /** Called each time that it is sent off, complete or not: for fields that stand outside. */
  readonly onTry?: () => void;
  readonly onProof: (proof: PasswordAndCode) => void;
}) {
  const [password, setPassword] = useState("");
  const [totp, setTotp] = useState("");
  const [isTried, setTried] = useState(false);
  const code = totp.replaceAll(" ", "");
  const isCode = /^[0-9]{6}$/.test(code);
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        onTry?.();
        if (password === "" || !isCode) return;
        setTotp("");
        setPassword("");
        setTried(false);
        onProof({ password, totp: code });
      }}
    >
      <Field
        label="Password"
        type="password"
        value={password}
        onChange={setPassword}
        autoComplete="current-password"
        maxLength={256}
        error={isTried && password === "" ? "Enter your password." : null}
      />
      <Field
        label="Code from your authenticator app"
        value={totp}
        onChange={setTotp}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={7}
        isCode
        error={isTried && !isCode ? "Enter the six digits that it shows now." : null}
      />
      <Button type="submit" kind="primary" isPending={isBusy}>
        {action}
      </Button>
    </form>
  );
}
