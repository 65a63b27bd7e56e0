import "./subject-acts.css";
import "./subjects.css";
import type { Metadata } from "next";
import { SubjectsPage } from "../../../src/subjects/subjects-page.tsx";

export const metadata: Metadata = { title: "Subjects" };

export default function Page() {
  return <SubjectsPage />;
}
