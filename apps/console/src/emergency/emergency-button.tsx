"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import { useMay } from "../frame/me.ts";

const OpenEmergency = dynamic(async () => (await import("./open-emergency.tsx")).OpenEmergency, { ssr: false });

/** For those who may open an emergency somewhere. */
export function EmergencyButton() {
  const mayOpen = useMay("emergency.open");
  const [isOpening, setOpening] = useState(false);
  if (!mayOpen) return null;
  return (
    <>
      <Button kind="danger" onPress={() => setOpening(true)}>
        Emergency access
      </Button>
      {isOpening && <OpenEmergency onClose={() => setOpening(false)} />}
    </>
  );
}
