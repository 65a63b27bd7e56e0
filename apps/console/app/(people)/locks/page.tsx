import type { Metadata } from "next";
import { LocksPage } from "../../../src/locks/locks-page.tsx";

export const metadata: Metadata = { title: "Locks" };

export default function Page() {
  return <LocksPage />;
}
