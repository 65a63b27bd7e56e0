"use client";

import { useState } from "react";
import { Field } from "./field.tsx";

/** A mail address as it is typed; the api looks closer at it. */
export function useAddress(first: string) {
  const [text, setText] = useState(first);
  const [isTried, setTried] = useState(false);
  const address = text.trim() === "" ? null : text.trim();
  return { text, setText, isTried, onTried: () => setTried(true), address, isWell: address === null || /^[!-~]+@[!-~]+$/.test(address) };
}

/** Where somebody is told by mail; empty for nowhere. */
export function AddressField({ typed: { text, setText, isTried, isWell }, hint }: { readonly typed: ReturnType<typeof useAddress>; readonly hint: string }) {
  return <Field label="Mail address" type="email" value={text} onChange={setText} hint={hint} maxLength={254} error={isTried && !isWell ? "This isn't a mail address." : null} />;
}
