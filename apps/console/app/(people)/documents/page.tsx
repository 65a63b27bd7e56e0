import "./documents.css";
import type { Metadata } from "next";
import { DocumentsPage } from "../../../src/documents/documents-page.tsx";

export const metadata: Metadata = { title: "Documents" };

export default function Page() {
  return <DocumentsPage />;
}
