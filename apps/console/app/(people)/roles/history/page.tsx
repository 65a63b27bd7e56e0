import "../roles.css";
import type { Metadata } from "next";
import { HistoryPage } from "../../../../src/roles/history-page.tsx";

export const metadata: Metadata = { title: "History of the policy" };

export default function Page() {
  return <HistoryPage />;
}
