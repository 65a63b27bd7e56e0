"use client";

import { useCall } from "../api/use-call.ts";
import { Dialog, DialogBody } from "./dialog.tsx";
import { Refusal } from "./refusal.tsx";
import { EmptyState, Skeleton } from "./states.tsx";
import { Trace } from "./trace.tsx";

/** The trace of a request by its id, in a drawer, asked for when it is shown. */
export function RequestTrace({ requestId, onClose }: { readonly requestId: string; readonly onClose: () => void }) {
  const call = useCall("crossings.trace", { requestId });
  return (
    <Dialog title="Trace of a request" shape="drawer" isOpen onClose={onClose}>
      <DialogBody>
        {call.isPending && <Skeleton lines={6} label="Loading the trace" />}
        {call.isError && <Refusal failure={call.error} onRetry={() => void call.refetch()} isInline />}
        {call.data?.trace === null && <EmptyState title="No record of this request">It may not be searchable yet: records are indexed a moment after they are written.</EmptyState>}
        {call.data !== undefined && call.data.trace !== null && <Trace trace={call.data.trace} />}
      </DialogBody>
    </Dialog>
  );
}
