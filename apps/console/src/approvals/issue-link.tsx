"use client";

import { useState } from "react";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";

/** Makes the one-time link of an approved invitation or recovery, and shows it once. */
export function IssueLink({ approvalId }: { readonly approvalId: string }) {
  const [link, setLink] = useState<{ readonly url: string; readonly expiresAt: string } | null>(null);
  const issue = useChange("people.issueLink", {
    refreshes: ["approvals.list"],
    onDone: ({ secret, expiresAt }) => setLink({ url: `${location.origin}/enrol#${secret}`, expiresAt }),
  });
  return (
    <section className="issue" aria-labelledby="issue-title">
      <h3 id="issue-title" className="part-title">
        One-time link
      </h3>
      {link === null ? (
        <>
          <p>Approved. Make the link, and hand it to the person by a way that only they can see. A new link ends the one before.</p>
          {issue.isError && <Refusal failure={issue.error} isInline />}
          <div className="form-acts">
            <Button kind="primary" isPending={issue.isPending} onPress={() => issue.mutate({ approvalId })}>
              Make the link
            </Button>
          </div>
        </>
      ) : (
        <>
          <p>
            Shown once, kept nowhere. Good until <Moment at={link.expiresAt} />.
          </p>
          <code className="link-shown">{link.url}</code>
          <div className="form-acts">
            <CopyButton text={link.url} label="Copy the one-time link" />
          </div>
        </>
      )}
    </section>
  );
}
