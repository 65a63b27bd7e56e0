import "../submissions.css";
import "../../documents/documents.css";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { SUBMISSION_ID } from "../../../../src/submissions/submission-text.ts";
import { SubmissionPage } from "../../../../src/submissions/submission-page.tsx";

export const metadata: Metadata = { title: "Submission" };

export default async function Page({ params }: { readonly params: Promise<{ readonly id: string }> }) {
  const { id } = await params;
  if (!SUBMISSION_ID.test(id)) notFound();
  return <SubmissionPage id={id} />;
}
