"use client";

import dynamic from "next/dynamic";
import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Skeleton } from "../components/states.tsx";
import { type HistoryOf, recordName } from "./history-text.ts";
import type { OpenValues } from "./open-values.ts";

const HistoryVersions = dynamic(async () => (await import("./history-versions.tsx")).HistoryVersions, {
  ssr: false,
  loading: () => <Skeleton lines={9} label="Loading the history" />,
});

const ShowHistory = createContext<((of: HistoryOf) => void) | null>(null);

interface RecordHistoryProps {
  readonly subjectId: string;
  readonly values: OpenValues;
  readonly children: ReactNode;
}

/** A part of the page whose records can show their history, in a drawer at its side. */
export function RecordHistory({ subjectId, values, children }: RecordHistoryProps) {
  const [shown, setShown] = useState<HistoryOf | null>(null);
  const show = useMemo(() => (of: HistoryOf) => setShown(of), []);
  return (
    <ShowHistory value={show}>
      {children}
      <Dialog title="History of a record" shape="drawer" isOpen={shown !== null} onClose={() => setShown(null)}>
        <DialogBody>{shown !== null && <HistoryVersions key={`${shown.domain}/${shown.record}`} subjectId={subjectId} of={shown} values={values} />}</DialogBody>
      </Dialog>
    </ShowHistory>
  );
}

/** Opens the history of a record; nothing where none can be shown. `children` are what is seen of the button. */
export function HistoryButton({ of, children = "History" }: { readonly of: HistoryOf; readonly children?: ReactNode }) {
  const show = useContext(ShowHistory);
  if (show === null) return null;
  return (
    <Button kind="quiet" onPress={() => show(of)} aria-label={`History of ${recordName(of)}`}>
      {children}
    </Button>
  );
}
