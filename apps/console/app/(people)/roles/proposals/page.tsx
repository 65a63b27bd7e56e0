import "../roles.css";
import type { Metadata } from "next";
import { ProposalsPage } from "../../../../src/roles/proposals-page.tsx";

export const metadata: Metadata = { title: "Proposals of a policy" };

export default function Page() {
  return <ProposalsPage />;
}
