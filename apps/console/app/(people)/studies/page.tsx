import type { Metadata } from "next";
import { StudiesPage } from "../../../src/studies/studies-page.tsx";

export const metadata: Metadata = { title: "Studies and sites" };

export default function Page() {
  return <StudiesPage />;
}
