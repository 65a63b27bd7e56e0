"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { Button } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Icon } from "../components/icon.tsx";
import { Menu } from "../components/menu.tsx";
import { useMay } from "../frame/me.ts";

const WithdrawForm = dynamic(async () => (await import("./withdraw-form.tsx")).WithdrawForm, { ssr: false });
const CorrectWithdrawalForm = dynamic(async () => (await import("./withdraw-form.tsx")).CorrectWithdrawalForm, { ssr: false });
const TransferForm = dynamic(async () => (await import("./transfer-form.tsx")).TransferForm, { ssr: false });

const ShredForm = dynamic(async () => (await import("./shred-form.tsx")).ShredForm, { ssr: false });

type Act = "withdraw" | "correct" | "transfer" | "shred";

const TITLES: Readonly<Record<Act, string>> = {
  withdraw: "Withdrawal of consent",
  correct: "Withdrawal recorded in error",
  transfer: "Move to another site",
  shred: "Shred for good",
};

interface SubjectActsProps {
  readonly subject: Pick<OutputOf<"subjects.get">, "subjectId" | "label" | "study" | "site" | "withdrawnAt">;
}

/** What may be done to the subject as a whole, under one button. */
export function SubjectActs({ subject: { subjectId, label, study, site, withdrawnAt } }: SubjectActsProps) {
  const [mayWithdraw, mayTransfer] = [useMay("subject.withdraw"), useMay("subject.transfer")];
  const [shown, setShown] = useState<Act | null>(null);
  const close = () => setShown(null);
  const consent: Act = withdrawnAt === null ? "withdraw" : "correct";
  const acts: readonly Act[] = [...(mayWithdraw ? [consent] : []), ...(mayTransfer ? ["transfer" as const] : []), ...(mayWithdraw ? ["shred" as const] : [])];
  return (
    <div className="subject-acts">
      <Menu
        label="Acts on the subject"
        trigger={
          <Button>
            Acts <Icon name="chevron" size={16} />
          </Button>
        }
        entries={acts.map((act) => ({ id: act, text: TITLES[act], onAction: () => setShown(act) }))}
      />
      <Dialog title={shown === null ? "" : TITLES[shown]} isOpen={shown !== null} onClose={close}>
        {shown === "withdraw" && <WithdrawForm subjectId={subjectId} label={label} onClose={close} />}
        {shown === "correct" && <CorrectWithdrawalForm subjectId={subjectId} label={label} onClose={close} />}
        {shown === "transfer" && <TransferForm subjectId={subjectId} label={label} study={study} site={site} onClose={close} />}
        {shown === "shred" && <ShredForm subjectId={subjectId} label={label} study={study} onClose={close} />}
      </Dialog>
    </div>
  );
}
