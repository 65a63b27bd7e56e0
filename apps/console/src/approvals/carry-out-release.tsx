"use client";

import { useChange } from "../api/use-change.ts";
import { useTell } from "../frame/notices.tsx";
import { Proof } from "../proof/proof.tsx";
import type { ApprovalDetail } from "./approval-text.ts";

/** Ends the incidents of an approved release, by who asked for it and with their own passkey: the custodian takes nothing else. */
export function CarryOutRelease({ approval }: { readonly approval: ApprovalDetail }) {
  const tell = useTell();
  const release = useChange("incidents.release", {
    refreshes: ["incidents.list", "approvals.list", "approvals.get", "overview.get"],
    onDone: ({ ended }) => tell({ tone: "done", text: ended.length === 1 ? "The incident is ended, and on record." : `${ended.length} incidents are ended, and on record.` }),
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
          <p>Another administrator has approved it. With your own passkey over the same digest the custodian ends it; until then everything is as it was.</p>
          <Proof action="End it now" challenge={() => Promise.resolve(challenge)} hasPassword={false} onProof={(proof) => release.mutateAsync({ approvalId, proof })} />
        </>
      )}
    </section>
  );
}
