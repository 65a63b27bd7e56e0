"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { Segments } from "../components/segments.tsx";
import { PageHead, Skeleton } from "../components/states.tsx";

const ImportPanel = dynamic(async () => (await import("./import-panel.tsx")).ImportPanel, { ssr: false, loading: () => <Skeleton lines={8} label="Loading the form" /> });

const KINDS = [
  { id: "assignments", text: "Assignments" },
  { id: "people", text: "New people" },
] as const;

/** Importing assignments, or people who are to be invited. */
export function PeopleImport() {
  const router = useRouter();
  const of = useSearchParams().get("of") === "people" ? "people" : "assignments";
  return (
    <div className="stack">
      <PageHead title="Import from CSV" lead="A file is checked line by line, and shown as what it would do, before anything is done.">
        <Link href="/people">All people</Link>
      </PageHead>
      <div>
        <Segments
          label="What is imported"
          options={KINDS}
          value={of}
          onChange={(id) => router.replace(id === "people" ? "/people/import?of=people" : "/people/import", { scroll: false })}
        />
      </div>
      <ImportPanel key={of} of={of} />
    </div>
  );
}
