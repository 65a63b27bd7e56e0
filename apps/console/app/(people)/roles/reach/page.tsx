import "../roles.css";
import type { Metadata } from "next";
import { ReachPage } from "../../../../src/roles/reach-page.tsx";

export const metadata: Metadata = { title: "Who can, what can" };

export default function Page() {
  return <ReachPage />;
}
