import type { Metadata } from "next";
import { PeopleImport } from "../../../../src/imports/people-import.tsx";

export const metadata: Metadata = { title: "Import from CSV" };

export default function Page() {
  return <PeopleImport />;
}
