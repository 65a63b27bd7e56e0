"use client";

import dynamic from "next/dynamic";
import { useEffect, useRef, useState } from "react";
import { sendCall } from "../api/send.ts";
import { toFailure, type WireFailure } from "../api/wire-failure.ts";
import { Dialog } from "../components/dialog.tsx";
import { useTell } from "../frame/notices.tsx";
import { fieldKey } from "./field-groups.ts";
import type { OpenValues } from "./open-values.ts";
import type { Intent } from "./purpose-form.tsx";

const PurposeForm = dynamic(async () => (await import("./purpose-form.tsx")).PurposeForm, { ssr: false });

/** The field that is to be opened; its key names the value. */
export interface Wanted {
  readonly field: string;
  readonly record: string;
  /** Of this version; the current one where it is left out. */
  readonly version?: number;
  readonly title: string;
}

interface RevealDialogProps {
  readonly subjectId: string;
  readonly wanted: Wanted | null;
  readonly values: OpenValues;
  readonly onClose: () => void;
  readonly onOpened: (key: string) => void;
}

/** Opens one field. The answer goes into {@link OpenValues} and nowhere else: no query's cache holds it. */
export function RevealDialog({ wanted, ...props }: RevealDialogProps) {
  return (
    <Dialog title="Open a masked value" isOpen={wanted !== null} onClose={props.onClose}>
      {wanted !== null && <Ceremony key={fieldKey(wanted)} wanted={wanted} {...props} />}
    </Dialog>
  );
}

function Ceremony({ subjectId, wanted, values, onClose, onOpened }: Omit<RevealDialogProps, "wanted"> & { readonly wanted: Wanted }) {
  const [failure, setFailure] = useState<WireFailure | null>(null);
  const [isPending, setPending] = useState(false);
  const tell = useTell();
  const asking = useRef<AbortController | null>(null);
  // An answer that comes after the dialog was left is dropped: nobody waits for it.
  useEffect(() => () => asking.current?.abort(), []);

  const open = ({ purpose, reason }: Intent) => {
    const mine = new AbortController();
    asking.current = mine;
    setPending(true);
    setFailure(null);
    // A repeated reveal is a crossing of its own, so each has a key of its own.
    const { field, record, version } = wanted;
    sendCall(
      "subjects.reveal",
      { subjectId, field, record, ...(version !== undefined && { version }), purpose, reason },
      { idempotencyKey: crypto.randomUUID(), signal: mine.signal },
    ).then(
      (opened) => {
        if (mine.signal.aborted) return;
        const key = fieldKey(wanted);
        if (document.visibilityState === "visible") {
          values.open([{ key, value: opened.value }], opened.remaskAfterSeconds, opened.recorded);
          tell({ tone: "done", text: `${wanted.title} is open for ${opened.remaskAfterSeconds} seconds.` });
        }
        onOpened(key);
        onClose();
      },
      (error: unknown) => {
        if (mine.signal.aborted) return;
        setPending(false);
        setFailure(toFailure(error));
      },
    );
  };
  return (
    <PurposeForm
      act="Open it"
      isPending={isPending}
      failure={failure}
      onCancel={onClose}
      onGo={open}
      recorded={
        <ul>
          <li>
            that you opened {wanted.field}
            {wanted.version !== undefined && ` of version ${wanted.version}`}, and when
          </li>
          <li>the purpose, and a commitment to the reason</li>
          <li>the subject as a keyed reference, and its site; never the value</li>
        </ul>
      }
    >
      <p>
        <strong>{wanted.title}</strong> <code>{wanted.field}</code>
        {wanted.record !== "1" && <> · record {wanted.record}</>}
      </p>
    </PurposeForm>
  );
}
