"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { EffectList } from "../components/effect-list.tsx";
import { Field } from "../components/field.tsx";
import { REASON_MIN } from "../components/reason.ts";
import { Refusal } from "../components/refusal.tsx";
import { Badge, Panel } from "../components/states.tsx";
import { useTell } from "../frame/notices.tsx";
import { counted } from "../packets/packet-text.ts";
import { FileButton } from "../upload/drop-area.tsx";
import { draftWith, type Edits, type Profile } from "./profile-text.ts";

const DOCUMENT_MAX = 192 * 1024;

interface ProposePanelProps {
  readonly profile: Profile;
  readonly edits: Edits;
  readonly onClear: () => void;
}

/** Asking for the next version: from the edits in the table, or a document; what it would change is shown before anybody is asked. */
export function ProposePanel({ profile, edits, onClear }: ProposePanelProps) {
  const router = useRouter();
  const tell = useTell();
  const [pasted, setPasted] = useState("");
  const [reason, setReason] = useState("");
  const [isTried, setTried] = useState(false);
  const document = pasted.trim() !== "" ? pasted : edits.size > 0 ? draftWith(profile.document, edits) : null;
  const compare = useChange("profiles.compare");
  const ask = useChange("approvals.requestProfileChange", {
    refreshes: ["approvals.list"],
    onDone: ({ approval }) => {
      tell({ tone: "done", text: "Asked for. Another administrator has to approve it, by passkey." });
      onClear();
      router.push(`/approvals?show=mine&request=${approval.approvalId}`);
    },
  });
  // What was shown is of the draft as it was then; another one has to be looked at anew.
  const compared = compare.data !== undefined && compare.variables?.document === document ? compare.data : null;
  const isReady = reason.trim().length >= REASON_MIN;
  return (
    <Panel id="propose-title" title={`Propose version ${profile.version + 1}`}>
      <div className="form">
        <p className="quiet">
          Change classifications in the table above, or give the whole document with the number {profile.version + 1}. Nothing is changed before somebody else has approved exactly
          what is shown here.
        </p>
        {edits.size > 0 && pasted.trim() === "" && (
          <output className="profile-edits">
            {counted(edits.size, "classification")} changed in the table. <Button onPress={onClear}>Undo all of them</Button>
          </output>
        )}
        <Field
          label="Document, in place of the table's changes"
          value={pasted}
          onChange={setPasted}
          rows={4}
          maxLength={DOCUMENT_MAX}
          isCode
          hint="JSON as docs/spec/profile-v1.md has it; the version in force is a beginning."
        />
        <div className="form-acts profile-acts">
          <FileButton label="Take it from a file" onFiles={([file]) => void file?.text().then(setPasted)} />
          <Button onPress={() => setPasted(draftWith(profile.document, edits))}>Begin with the version in force</Button>
          <Button kind="primary" isDisabled={document === null} isPending={compare.isPending} onPress={() => document !== null && compare.mutate({ document })}>
            Show what it would change
          </Button>
        </div>
        {compare.isError && <Refusal failure={compare.error} isInline />}
        {compared !== null && document !== null && (
          <section aria-labelledby="would-title" className="profile-effect">
            <h3 id="would-title" className="part-title">
              What will be so, exactly {compared.loosens > 0 && <Badge tone="caution">{counted(compared.loosens, "loosening")}</Badge>}
            </h3>
            <EffectList lines={compared.effect} />
            <form
              className="form"
              onSubmit={(event) => {
                event.preventDefault();
                setTried(true);
                if (isReady) ask.mutate({ document, reason: reason.trim() });
              }}
            >
              <Field
                label="Reason"
                value={reason}
                onChange={setReason}
                rows={2}
                maxLength={500}
                error={isTried && !isReady ? "Say why, in at least eight characters." : null}
                hint="Whoever decides reads it; the trail holds a commitment to it."
              />
              {ask.isError && <Refusal failure={ask.error} isInline />}
              <div className="form-acts">
                <Button type="submit" kind="primary" isPending={ask.isPending}>
                  Ask for approval
                </Button>
              </div>
            </form>
          </section>
        )}
      </div>
    </Panel>
  );
}
