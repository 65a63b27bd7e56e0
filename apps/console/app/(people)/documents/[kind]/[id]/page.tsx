import "../../documents.css";
import "../../pdf.css";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { kindOf } from "../../../../../src/documents/document-kinds.ts";
import { DocumentPage } from "../../../../../src/documents/document-page.tsx";

/** The same for every document: a title is kept in histories. */
export const metadata: Metadata = { title: "Document" };

export default async function Page({ params }: { readonly params: Promise<{ readonly kind: string; readonly id: string }> }) {
  const { kind, id } = await params;
  if (kindOf(kind) === null || !/^doc_[0-9a-hjkmnp-tv-z]{26}$/.test(id)) notFound();
  return <DocumentPage kindId={kind} documentId={id} />;
}
