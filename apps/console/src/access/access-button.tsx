"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import { useMay } from "../frame/me.ts";

const AskForAccess = dynamic(async () => (await import("./ask-for-access.tsx")).AskForAccess, { ssr: false });

/** Asking for access, for anybody who holds a role. */
export function AccessButton() {
  const mayAsk = useMay("access.change");
  const [isAsking, setAsking] = useState(false);
  if (!mayAsk) return null;
  return (
    <>
      <Button onPress={() => setAsking(true)}>Ask for access</Button>
      {isAsking && <AskForAccess onClose={() => setAsking(false)} />}
    </>
  );
}
