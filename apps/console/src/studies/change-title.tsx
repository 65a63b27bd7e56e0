"use client";

import { useState } from "react";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { useTell } from "../frame/notices.tsx";
import type { Study } from "./study-text.ts";

/** Changes what a study is called in print. Its id stays. */
export function ChangeTitle({ study: { study, title }, onClose }: { readonly study: Study; readonly onClose: () => void }) {
  const tell = useTell();
  const [text, setText] = useState(title);
  const [isTried, setTried] = useState(false);
  const isReady = text.trim().length >= 2 && text.trim() !== title;
  const act = useChange("studies.changeTitle", {
    refreshes: ["studies.list"],
    onDone: () => {
      tell({ tone: "done", text: "The title is changed; the one before stays on record." });
      onClose();
    },
  });
  return (
    <Dialog title="Change the title" isOpen onClose={onClose}>
      <ActForm
        act="Change it"
        isReady={isReady}
        onTried={() => setTried(true)}
        isPending={act.isPending}
        failure={act.error}
        onCancel={onClose}
        onGo={(reason) => act.mutate({ study, title: text.trim(), reason })}
        recorded={
          <ul>
            <li>the title before and after, and that you changed it</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <Field label="Title" value={text} onChange={setText} maxLength={200} autoComplete="off" error={isTried && !isReady ? "Enter another title." : null} />
      </ActForm>
    </Dialog>
  );
}
