import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { StudyPage } from "../../../../src/studies/study-page.tsx";
import { STUDY_ID } from "../../../../src/studies/study-text.ts";

export const metadata: Metadata = { title: "Study" };

export default async function Page({ params }: { readonly params: Promise<{ readonly id: string }> }) {
  const { id } = await params;
  if (!STUDY_ID.test(id)) notFound();
  return <StudyPage id={id} />;
}
