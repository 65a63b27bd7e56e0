"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { type KeyboardEvent, useRef, useState } from "react";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { Moment } from "../components/moment.tsx";
import { REASON_MIN } from "../components/reason.ts";
import { Refusal } from "../components/refusal.tsx";
import { Badge } from "../components/states.tsx";
import { placeText } from "../people/place-text.ts";
import type { Line } from "./review-text.ts";

const EndLine = dynamic(async () => (await import("./end-line.tsx")).EndLine, { ssr: false });

const WHY_NOT_TEXT: Readonly<Record<NonNullable<Line["whyNot"]>, string>> = { own: "yours: somebody else decides", signed_off: "", no_right: "" };

/** The lines of a review. One reason stands for the lines that are kept, one after the other; each ending has its own. K keeps, E ends, the arrows go on. */
export function ReviewLines({ reviewId, lines }: { readonly reviewId: string; readonly lines: readonly Line[] }) {
  const list = useRef<HTMLOListElement>(null);
  const [reason, setReason] = useState("");
  const [isTried, setTried] = useState(false);
  const [ending, setEnding] = useState<Line | null>(null);
  const isLong = reason.trim().length >= REASON_MIN;
  const go = (from: number, by: 1 | -1) => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>("[data-line]") ?? [])];
    const at = rows.findIndex((row) => row.dataset["line"] === String(from));
    rows[at + by]?.querySelector<HTMLElement>("button")?.focus();
  };
  const decide = useChange("reviews.decide", { refreshes: ["reviews.get", "reviews.list"] });
  const keep = (line: Line) => {
    setTried(true);
    if (!isLong || decide.isPending) return;
    decide.mutate({ reviewId, line: line.line, verdict: "keep", reason: reason.trim() }, { onSuccess: () => go(line.line, 1) });
  };
  const onKey = (event: KeyboardEvent, line: Line) => {
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey || event.altKey || !["k", "e", "arrowdown", "arrowup"].includes(key)) return;
    event.preventDefault();
    if (key === "k") keep(line);
    else if (key === "e") setEnding(line);
    else go(line.line, key === "arrowdown" ? 1 : -1);
  };
  const isMine = lines.some(({ whyNot }) => whyNot === null);
  return (
    <>
      {isMine && (
        <div className="review-reason">
          <Field
            label="Reason for the lines that you keep"
            value={reason}
            onChange={setReason}
            maxLength={500}
            hint="It is sealed beside each decision. In a line: K keeps, E ends, the arrow keys go to the next."
            error={isTried && !isLong ? `At least ${REASON_MIN} characters.` : null}
          />
        </div>
      )}
      {decide.error !== null && <Refusal failure={decide.error} isInline />}
      <ol ref={list} className="review-lines">
        {lines.map((line) => (
          <li key={line.line} className="review-line" data-line={line.whyNot === null ? line.line : undefined}>
            <div className="review-what">
              <strong>{line.label}</strong> <code>{line.role}</code> {line.isPowerful && <Badge tone="caution">powerful</Badge>}
              <span className="quiet">
                {placeText(line)},{" "}
                {Date.parse(line.from) === 0 ? (
                  "from the first start"
                ) : (
                  <>
                    from <Moment at={line.from} />
                  </>
                )}
                {line.until !== null && (
                  <>
                    {" "}
                    until <Moment at={line.until} />
                  </>
                )}
              </span>
              {line.since !== null && <Badge tone="caution">{line.since === "ended" ? "ended since" : "changed since"}</Badge>}
            </div>
            <Decided line={line} />
            {line.whyNot === null ? (
              <div className="review-acts">
                <Button aria-label={`Keep ${line.role} of ${line.label}`} onPress={() => keep(line)} onKeyDown={(event) => onKey(event, line)}>
                  Keep
                </Button>
                <Button kind="quiet" aria-label={`End ${line.role} of ${line.label}`} onPress={() => setEnding(line)} onKeyDown={(event) => onKey(event, line)}>
                  End …
                </Button>
              </div>
            ) : (
              <span className="quiet">{WHY_NOT_TEXT[line.whyNot]}</span>
            )}
          </li>
        ))}
      </ol>
      {ending !== null && <EndLine reviewId={reviewId} line={ending} onClose={() => setEnding(null)} />}
    </>
  );
}

function Decided({ line: { decision } }: { readonly line: Line }) {
  if (decision === null) return <span className="quiet">undecided</span>;
  const { verdict, by, approvalId, isCarriedOut } = decision;
  return (
    <span>
      {verdict === "keep" ? <Badge tone="stands">kept</Badge> : <Badge tone={isCarriedOut ? "shut" : "caution"}>{isCarriedOut ? "ended" : "to be ended"}</Badge>}{" "}
      <span className="quiet">{by}</span>
      {approvalId !== null && !isCarriedOut && (
        <>
          {" "}
          <Link href={`/approvals?request=${approvalId}`}>waits for approval</Link>
        </>
      )}
    </span>
  );
}
