import "../documents/documents.css";
import "./recipients.css";
import type { Metadata } from "next";
import { RecipientsPage } from "../../../src/recipients/recipients-page.tsx";

export const metadata: Metadata = { title: "Recipients" };

export default function Page() {
  return <RecipientsPage />;
}
