import type { Metadata } from "next";
import { SessionAndSecurity } from "../../../src/me/session-and-security.tsx";

export const metadata: Metadata = { title: "Session and security" };

export default function MePage() {
  return <SessionAndSecurity />;
}
