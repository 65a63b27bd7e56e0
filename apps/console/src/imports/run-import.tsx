"use client";

import { useRouter } from "next/navigation";
import { useChange } from "../api/use-change.ts";
import { Refusal } from "../components/refusal.tsx";
import { useTell } from "../frame/notices.tsx";
import { counted } from "../packets/packet-text.ts";
import { ReasonForm } from "./reason-form.tsx";

interface RunImportProps {
  readonly of: "assignments" | "sites";
  readonly csv: string;
  readonly lines: number;
}

/** Does what the preview showed: every line, in one act. */
export function RunImport({ of, csv, lines }: RunImportProps) {
  const router = useRouter();
  const tell = useTell();
  const isOfSites = of === "sites";
  const act = useChange(isOfSites ? "studies.importSites" : "assignments.import", {
    refreshes: ["people.list", "workloads.list", "studies.list"],
    onDone: (output) => {
      tell({ tone: "done", text: `${counted(output.lines, isOfSites ? "site" : "assignment")} imported, in one act that is on record.` });
      router.push(isOfSites ? "/studies" : "/people");
    },
  });
  return (
    <ReasonForm
      title={isOfSites ? "Register them" : "Assign them"}
      button={`Import ${counted(lines, "line")}`}
      recorded={
        <>
          <li>that you imported these lines, and what each of them did</li>
          <li>the SHA-256 of the file, so that it can be shown that what was done is what was shown</li>
        </>
      }
      isPending={act.isPending}
      onGo={(reason) => act.mutate({ csv, reason })}
    >
      {act.isError && <Refusal failure={act.error} isInline />}
    </ReasonForm>
  );
}
