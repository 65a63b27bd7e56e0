import "../subject-acts.css";
import "../subjects.css";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { SUBJECT_ID } from "../../../../src/subjects/subject-id.ts";
import { SubjectPage } from "../../../../src/subjects/subject-page.tsx";

/** The same for every subject: a title is kept in histories. */
export const metadata: Metadata = { title: "Subject" };

export default async function Page({ params }: { readonly params: Promise<{ readonly id: string }> }) {
  const { id } = await params;
  if (!SUBJECT_ID.test(id)) notFound();
  return <SubjectPage subjectId={id} />;
}
