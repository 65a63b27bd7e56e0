import "./submissions.css";
import type { Metadata } from "next";
import { SubmissionsPage } from "../../../src/submissions/submissions-page.tsx";

export const metadata: Metadata = { title: "Submissions" };

export default function Page() {
  return <SubmissionsPage />;
}
