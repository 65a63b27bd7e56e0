import "../roles.css";
import type { Metadata } from "next";
import { EditPage } from "../../../../src/roles/edit-page.tsx";

export const metadata: Metadata = { title: "Draft of a policy" };

export default function Page() {
  return <EditPage />;
}
