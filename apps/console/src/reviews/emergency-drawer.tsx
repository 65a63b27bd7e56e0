"use client";

import Link from "next/link";
import { type FormEvent, useState } from "react";
import type { OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { ActSection } from "../components/act-section.tsx";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { Moment } from "../components/moment.tsx";
import { REASON_MIN } from "../components/reason.ts";
import { Refusal } from "../components/refusal.tsx";
import { Segments } from "../components/segments.tsx";
import { EmptyState, Skeleton } from "../components/states.tsx";
import { WillRecord } from "../components/will-record.tsx";
import { EmergencyState } from "../emergency/emergency-state.tsx";
import { CAUSE_TEXT } from "../emergency/emergency-text.ts";
import { useTell } from "../frame/notices.tsx";

type Use = OutputOf<"emergencies.get">;

const EVERY_MS = 3000;
const REFRESHES = ["emergencies.list", "emergencies.get", "overview.get"] as const;
const ENDED_TEXT = { person: "by its person", administrator: "by an administrator", stopped: "because its person was stopped" } as const;
const WHY_NOT_TEXT: Readonly<Record<NonNullable<Use["whyNot"]>, string>> = {
  own: "This was your own: somebody else has to review it.",
  open: "It is still open. It is reviewed when it has ended.",
  reviewed: "It is reviewed, and nothing about it changes any more.",
  settling: "It has just ended. In a moment, when nothing more can come in, it can be reviewed.",
};

/** One emergency access with exactly what was read under it, and the review of it. */
export function EmergencyDrawer({ emergencyId, onClose }: { readonly emergencyId: string; readonly onClose: () => void }) {
  const call = useCall("emergencies.get", { emergencyId });
  const isMoving = call.data?.whyNot === "open" || call.data?.whyNot === "settling";
  useCall("emergencies.get", { emergencyId }, { enabled: isMoving, everyMs: EVERY_MS, isBackground: true });
  return (
    <Dialog title="Emergency access" shape="drawer" isOpen onClose={onClose}>
      <DialogBody>
        {call.isPending && <Skeleton lines={8} label="Loading what was read" />}
        {call.data === undefined && call.error !== null && <Refusal failure={call.error} onRetry={() => void call.refetch()} />}
        {call.data !== undefined && <Detail use={call.data} />}
      </DialogBody>
    </Dialog>
  );
}

function Detail({ use }: { readonly use: Use }) {
  return (
    <>
      <dl className="pairs pairs-plain">
        <dt>State</dt>
        <dd>
          <EmergencyState emergency={use} />
        </dd>
        <dt>Opened by</dt>
        <dd>
          {use.openedBy.printedName}, <Moment at={use.openedAt} />
        </dd>
        <dt>Site</dt>
        <dd>
          {use.study} / {use.site}
        </dd>
        <dt>{use.isOpen ? "Ends" : "Ended"}</dt>
        <dd>
          <Moment at={use.ended?.at ?? use.until} />
          {use.ended !== null && `, ${ENDED_TEXT[use.ended.how]}`}
        </dd>
        <dt>Cause</dt>
        <dd>{CAUSE_TEXT[use.cause]}</dd>
        <dt>Reason</dt>
        <dd>{use.reason}</dd>
        {use.review !== null && (
          <>
            <dt>Reviewed by</dt>
            <dd>
              {use.review.by}, <Moment at={use.review.at} />
            </dd>
            <dt>Comment</dt>
            <dd>{use.comment}</dd>
          </>
        )}
      </dl>
      <section aria-labelledby="reads-title">
        <h3 id="reads-title" className="part-title">
          What was read ({use.reads.length.toLocaleString("en-GB")})
        </h3>
        {use.reads.length === 0 ? (
          <EmptyState title="Nothing was read under it" />
        ) : (
          <ol className="emergency-reads">
            {use.reads.map(({ chain, generation, seq, at, action, what, requestId }) => (
              <li key={`${chain}/${generation}/${seq}`}>
                <Moment at={at} /> <span>{action === "phi.read" ? "revealed" : "looked at"}</span> <code>{what}</code>{" "}
                <Link href={`/crossings?request=${requestId}`}>See the record</Link>
              </li>
            ))}
          </ol>
        )}
      </section>
      {use.isOpen && <Stop emergencyId={use.emergencyId} />}
      {use.whyNot === null ? <Review use={use} /> : <p className="advice">{WHY_NOT_TEXT[use.whyNot]}</p>}
    </>
  );
}

function Stop({ emergencyId }: { readonly emergencyId: string }) {
  const tell = useTell();
  const stop = useChange("emergencies.stop", { refreshes: REFRESHES, onDone: () => tell({ tone: "done", text: "Ended. It opens nothing any more." }) });
  return (
    <ActSection
      title="End it now"
      button="End it"
      isDanger
      effect={<p>It opens nothing any more, at once. Who opened it sees that it has ended, and can't open another before it is reviewed.</p>}
      recorded={<li>that you ended this emergency access, and when</li>}
      isPending={stop.isPending}
      failure={stop.error}
      onGo={(reason) => stop.mutateAsync({ emergencyId, reason })}
    />
  );
}

const VERDICTS = [
  { id: "justified", text: "Justified" },
  { id: "not_justified", text: "Not justified" },
] as const;

/** The verdict over exactly what is shown above: if more was read meanwhile, it is refused. */
function Review({ use: { emergencyId, seen, openedBy } }: { readonly use: Use }) {
  const tell = useTell();
  const [verdict, setVerdict] = useState<(typeof VERDICTS)[number]["id"]>("justified");
  const [comment, setComment] = useState("");
  const [isTried, setTried] = useState(false);
  const isLong = comment.trim().length >= REASON_MIN;
  const review = useChange("emergencies.review", { refreshes: REFRESHES, onDone: () => tell({ tone: "done", text: "Reviewed. It stands on record." }) });
  const go = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (isLong && !review.isPending) review.mutate({ emergencyId, seen, verdict, comment: comment.trim() });
  };
  return (
    <section aria-labelledby="verdict-title">
      <h3 id="verdict-title" className="part-title">
        Your review
      </h3>
      <form className="form" noValidate onSubmit={go}>
        <Segments label="Verdict" options={VERDICTS} value={verdict} onChange={(id) => setVerdict(id === "not_justified" ? id : "justified")} />
        <Field label="Comment" value={comment} onChange={setComment} rows={2} maxLength={500} error={isTried && !isLong ? `At least ${REASON_MIN} characters.` : null} />
        <WillRecord>
          <li>your verdict, and the digest of exactly what is listed above</li>
          <li>a commitment to the comment, which is sealed beside it</li>
        </WillRecord>
        <p className="quiet">From then on {openedBy.printedName} may open an emergency access again.</p>
        {review.error !== null && <Refusal failure={review.error} isInline />}
        <div className="form-acts">
          <Button type="submit" kind={verdict === "justified" ? "primary" : "danger"} isPending={review.isPending}>
            Record the review
          </Button>
        </div>
      </form>
    </section>
  );
}
