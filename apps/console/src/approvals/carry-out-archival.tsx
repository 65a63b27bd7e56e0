"use client";

import { useChange } from "../api/use-change.ts";
import { useTell } from "../frame/notices.tsx";
import { Proof } from "../proof/proof.tsx";
import type { ApprovalDetail } from "./approval-text.ts";

/** Has the records of an approved archival removed, by who asked for it and with their own passkey: the custodian takes nothing else. */
export function CarryOutArchival({ approval }: { readonly approval: ApprovalDetail }) {
  const tell = useTell();
  const remove = useChange("archives.remove", {
    refreshes: ["archives.list", "approvals.list", "approvals.get"],
    onDone: () => tell({ tone: "done", text: "The custodian verified it anew and signed that it is archived; its records are leaving the database." }),
  });
  const { approvalId, challenge } = approval;
  return (
    <section className="decide" aria-labelledby="carry-out-title">
      <h3 id="carry-out-title" className="part-title">
        Carry it out
      </h3>
      {challenge === null ? (
        <p className="advice">It takes a passkey of yours that the custodian holds, and you have none. Somebody who has one has to ask for it.</p>
      ) : (
        <>
          <p>
            Another administrator has approved it. With your own passkey over the same digest the custodian verifies the generation once more and has its records removed. That
            can&rsquo;t be taken back: see that the archive is where it should be.
          </p>
          <Proof action="Remove its records now" challenge={() => Promise.resolve(challenge)} hasPassword={false} onProof={(proof) => remove.mutateAsync({ approvalId, proof })} />
        </>
      )}
    </section>
  );
}
