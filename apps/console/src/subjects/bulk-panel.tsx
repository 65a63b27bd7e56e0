"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { sendCall } from "../api/send.ts";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { toFailure, type WireFailure } from "../api/wire-failure.ts";
import { Button } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Refusal } from "../components/refusal.tsx";
import { useMay } from "../frame/me.ts";
import { useTell } from "../frame/notices.tsx";
import { bulkRequestOf } from "./bulk-request.ts";
import { fieldKey } from "./field-groups.ts";
import type { OpenValues } from "./open-values.ts";
import type { Intent } from "./purpose-form.tsx";
import { useSlow } from "../components/use-slow.ts";

const PurposeForm = dynamic(async () => (await import("./purpose-form.tsx")).PurposeForm, { ssr: false });

interface BulkPanelProps {
  readonly subject: OutputOf<"subjects.get">;
  readonly values: OpenValues;
  /** The fields that are chosen, by name; null while nothing is being chosen. */
  readonly chosen: ReadonlySet<string> | null;
  readonly onChosen: (chosen: ReadonlySet<string> | null) => void;
  readonly onOpened: (key: string) => void;
}

/** Opening many masked fields at once: chosen here, approved by a second person, and then opened once by who asked. */
export function BulkPanel({ subject, values, chosen, onChosen, onOpened }: BulkPanelProps) {
  const mayAsk = useMay("phi.bulk_reveal");
  const mine = useCall("approvals.list", { show: "mine", limit: 100 }, { enabled: mayAsk, everyMs: 10_000 });
  const [isAsking, setAsking] = useState(false);
  // An approval whose opening may be on record without its values having come: by the list it is done, and yet its repeat answers.
  const [unanswered, setUnanswered] = useState<string | null>(null);
  const request = useChange("approvals.requestBulkReveal", {
    refreshes: ["approvals.list"],
    onDone: () => {
      setAsking(false);
      onChosen(null);
    },
  });
  if (!mayAsk) return null;
  const standing = mine.data === undefined ? null : bulkRequestOf(mine.data.items, subject.label);
  const fields = [...(chosen ?? [])];
  const ask = ({ purpose, reason }: Intent) => request.mutate({ subjectId: subject.subjectId, fields, purpose, reason });

  const openable = unanswered ?? (standing?.state === "approved" ? standing.approvalId : null);
  if (openable !== null)
    return (
      <OpenOnce
        key={openable}
        approvalId={openable}
        subjectId={subject.subjectId}
        values={values}
        onOpened={onOpened}
        onUnanswered={setUnanswered}
        onDone={() => void mine.refetch()}
      />
    );
  if (standing !== null) {
    return (
      <div className="panel bulk">
        <p>Your request to open many fields of this subject waits for a second person.</p>
        <Link href={`/approvals?show=mine&request=${standing.approvalId}`}>See the request</Link>
      </div>
    );
  }
  return (
    <div className="panel bulk">
      {mine.isError && <Refusal failure={mine.error} onRetry={() => void mine.refetch()} isInline />}
      {chosen === null ? (
        <>
          <p>Need several values at once? A second person approves it, and then they are opened together, once.</p>
          <Button onPress={() => onChosen(new Set())}>Choose fields</Button>
        </>
      ) : (
        <>
          <output>{fields.length === 0 ? "Choose the fields below." : `${fields.length} ${fields.length === 1 ? "field" : "fields"} chosen.`}</output>
          <div className="bulk-acts">
            <Button kind="quiet" onPress={() => onChosen(new Set(subject.fields.flatMap(({ state, field }) => (state === "masked" ? [field] : []))))}>
              Choose all
            </Button>
            <Button kind="quiet" onPress={() => onChosen(null)}>
              Cancel
            </Button>
            <Button kind="primary" isDisabled={fields.length === 0} onPress={() => setAsking(true)}>
              Ask for approval
            </Button>
          </div>
        </>
      )}
      <Dialog title="Ask to open many values" isOpen={isAsking} onClose={() => setAsking(false)}>
        <PurposeForm
          act="Ask for approval"
          isPending={request.isPending}
          failure={request.error}
          onCancel={() => setAsking(false)}
          onGo={ask}
          recorded={
            <ul>
              <li>that you asked to open these {fields.length} fields, and when</li>
              <li>the purpose, and a commitment to the reason</li>
              <li>who approved it, and that it was opened, once</li>
            </ul>
          }
        >
          <p>
            <code>{fields.join(", ")}</code>
          </p>
        </PurposeForm>
      </Dialog>
    </div>
  );
}

interface OpenOnceProps extends Pick<BulkPanelProps, "values" | "onOpened"> {
  readonly approvalId: string;
  readonly subjectId: string;
  /** Told which approval may have been opened without an answer; null once it was answered one way or the other. */
  readonly onUnanswered: (approvalId: string | null) => void;
  readonly onDone: () => void;
}

function OpenOnce({ approvalId, subjectId, values, onOpened, onUnanswered, onDone }: OpenOnceProps) {
  const [isPending, setPending] = useState(false);
  const [failure, setFailure] = useState<WireFailure | null>(null);
  // One key for as long as this is offered: what was opened without its answer having come is answered by the repeat.
  const [idempotencyKey] = useState(() => crypto.randomUUID());
  const tell = useTell();
  const isSlow = useSlow(isPending);
  const open = () => {
    if (isPending) return;
    setPending(true);
    setFailure(null);
    sendCall("subjects.openBulk", { approvalId }, { idempotencyKey }).then(
      (opened) => {
        setPending(false);
        const [first] = opened.fields;
        if (opened.subjectId === subjectId && document.visibilityState === "visible") {
          values.open(
            opened.fields.map((each) => ({ key: fieldKey(each), value: each.value })),
            opened.remaskAfterSeconds,
            opened.recorded,
          );
          tell({ tone: "done", text: `${opened.fields.length} values are open for ${opened.remaskAfterSeconds} seconds.` });
          if (first !== undefined) onOpened(fieldKey(first));
        }
        onUnanswered(null);
        onDone();
      },
      (error: unknown) => {
        const failed = toFailure(error);
        setPending(false);
        setFailure(failed);
        // The opening may stand: only its repeat, under the same key, tells. Whatever else fails that repeat changes nothing of it.
        if (failed.isPassing) onUnanswered(approvalId);
        else if (failed.code === "approval.state") onUnanswered(null);
      },
    );
  };
  return (
    <div className="panel bulk">
      <p>
        <strong>Approved.</strong> The values that you asked for can be opened once, by you, within the hour. They are masked again when the time is over or this page is out of
        sight.
      </p>
      <Button kind="primary" onPress={open} isPending={isSlow}>
        Open them now
      </Button>
      {failure !== null && <Refusal failure={failure} isInline />}
    </div>
  );
}
