import type { Metadata } from "next";
import { ArchivesPage } from "../../../src/archives/archives-page.tsx";

export const metadata: Metadata = { title: "Archives" };

export default function Page() {
  return <ArchivesPage />;
}
