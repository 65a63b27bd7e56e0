import type { Metadata } from "next";
import { SpoolPage } from "../../../src/spool/spool-page.tsx";

export const metadata: Metadata = { title: "Spool" };

export default function Page() {
  return <SpoolPage />;
}
