"use client";

import dynamic from "next/dynamic";
import { useMay } from "./me.ts";

const EmergencyBanner = dynamic(async () => (await import("./emergency-banner.tsx")).EmergencyBanner, { ssr: false });

/** Where the banner of an open emergency stands, for those who can have one; nobody else fetches it. */
export function EmergencyPlace() {
  return useMay("emergency.open") ? <EmergencyBanner /> : null;
}
