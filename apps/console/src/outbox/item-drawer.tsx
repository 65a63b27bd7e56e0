"use client";

import { useRouter } from "next/navigation";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { ActSection } from "../components/act-section.tsx";
import { Button } from "../components/button.tsx";
import { DialogBody } from "../components/dialog.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, Skeleton } from "../components/states.tsx";
import { useMay } from "../frame/me.ts";
import { useTell } from "../frame/notices.tsx";
import { aboutText, EVERY_MS, type Item, progressText, STOPPED_TEXT, toneOf } from "./outbox-text.ts";

/** One item: what it is, what was tried and said, and what may be done. */
export function ItemDrawer({ itemId, nameOf }: { readonly itemId: string; readonly nameOf: (recipientId: string) => string }) {
  const call = useCall("outbox.get", { itemId }, { everyMs: EVERY_MS });
  const may = useMay("outbox.reconcile");
  if (call.data === undefined)
    return <DialogBody>{call.error === null ? <Skeleton lines={6} label="Loading the item" /> : <Refusal failure={call.error} onRetry={() => void call.refetch()} />}</DialogBody>;
  const { item, attempts, receipts } = call.data;
  return (
    <DialogBody>
      <p>
        <Badge tone={toneOf(item)}>{progressText(item)}</Badge> {aboutText(item)}
      </p>
      {item.isStopped && <p role="alert">{STOPPED_TEXT}</p>}
      {item.disagreedAt !== null && (
        <p role="alert">
          Its portal contradicted what was sealed, or itself, at <Moment at={item.disagreedAt} />. Compare the SHA-256 with the recipient by another way before anything is sent
          again.
        </p>
      )}
      <dl className="pairs pairs-plain">
        <dt>Packet</dt>
        <dd>
          <code>{item.packetId}</code>
        </dd>
        <dt>Recipient</dt>
        <dd>{nameOf(item.recipientId)}</dd>
        <dt>Bytes</dt>
        <dd>{item.length.toLocaleString("en-GB")}</dd>
        <dt>SHA-256</dt>
        <dd>
          <code>{item.sha256}</code>
        </dd>
        <dt>Key at the portal</dt>
        <dd>
          <code>{item.idempotencyKey}</code>
        </dd>
      </dl>
      <h3 className="part-title">Attempts</h3>
      {attempts.length === 0 ? (
        <p className="quiet">None yet.</p>
      ) : (
        <ol className="plain-list" reversed>
          {attempts.map(({ n, route, claimedAt, begunAt, outcome, failure }) => (
            <li key={n}>
              {n}. over {route}, <Moment at={claimedAt} />: {outcome ?? "under way"}
              {failure !== null && ` (${failure})`}
              {begunAt === null && <span className="quiet">, no byte went out</span>}
            </li>
          ))}
        </ol>
      )}
      <h3 className="part-title">Receipts</h3>
      {receipts.length === 0 ? (
        <p className="quiet">None yet.</p>
      ) : (
        receipts.map(({ attempt, verdict, sha256, body, at }) => (
          <details key={`${attempt} ${sha256}`}>
            <summary>
              {verdict}, <Moment at={at} />
            </summary>
            <pre className="raw-line">{body}</pre>
          </details>
        ))
      )}
      {may && <Reconcile item={item} />}
      {may && item.state === "in-doubt" && !item.isStopped && <Resend item={item} />}
    </DialogBody>
  );
}

function Reconcile({ item }: { readonly item: Item }) {
  const tell = useTell();
  const change = useChange("outbox.reconcile", {
    refreshes: ["outbox.list", "outbox.get"],
    onDone: ({ next }) => tell({ tone: "done", text: next === "sent" ? "It is sent as soon as a route is healthy." : "Its portal is asked now." }),
  });
  return (
    <section className="act">
      {change.error !== null && <Refusal failure={change.error} />}
      <Button isPending={change.isPending} isDisabled={item.phase !== "idle" || (item.state === "sealed" && item.isStopped)} onPress={() => change.mutate({ itemId: item.itemId })}>
        {item.state === "sealed" ? "Send now" : "Ask its portal now"}
      </Button>
    </section>
  );
}

function Resend({ item }: { readonly item: Item }) {
  const router = useRouter();
  const tell = useTell();
  const ask = useChange("approvals.requestResend", {
    refreshes: ["approvals.list"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. An administrator has to approve it." });
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  return (
    <ActSection
      title="Send it again"
      button="Ask for approval"
      isDanger
      effect={
        <p>
          The same bytes are sent again under the same key, over the first healthy route. Ask the recipient by another way first: if they have it, it would be there twice unless
          their portal knows the key. An administrator has to approve it.
        </p>
      }
      recorded={<li>that you asked for it to be sent again, with a commitment to the reason</li>}
      isPending={ask.isPending}
      failure={ask.error}
      onGo={(reason) => ask.mutateAsync({ itemId: item.itemId, reason })}
    />
  );
}
