"use client";

import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Button } from "../components/button.tsx";
import { DialogBody } from "../components/dialog.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Badge, Skeleton } from "../components/states.tsx";
import { useMe } from "../frame/me.ts";
import { useTell } from "../frame/notices.tsx";
import { optionsOver, ringStepDigest } from "../proof/digest-challenge.ts";
import { Proof } from "../proof/proof.tsx";
import { ActivateKey } from "./activate-key.tsx";
import { DestroyKey } from "./destroy-key.tsx";
import { KeyChecklist } from "./key-checklist.tsx";
import { blockerText, HOLDERS_TEXT, type Ring, STEP_EFFECT, STEP_TEXT, type Step } from "./ring-text.ts";

const STATE_TONE = { next: "neutral", active: "stands", retiring: "caution", retired: "neutral", destroyed: "neutral" } as const;
const ABOUT = { stands: "What stands on each key", breaks: "What a step would break now", overdue: "Overdue", itself: "What updates itself", back: "The way back" } as const;

/** One ring: its keys, a rehearsal, and the steps that begin where it is. */
export function RingDrawer({ ring, mayStep }: { readonly ring: Ring; readonly mayStep: boolean }) {
  const [step, setStep] = useState<Step | null>(null);
  const [reason, setReason] = useState<string | null>(null);
  const back = () => {
    setStep(null);
    setReason(null);
  };
  if (step !== null && reason !== null && ring.ring !== "database") return <Proving asked={{ ring: ring.ring, step, at: ring.at, reason }} onBack={back} />;
  if (step !== null)
    return (
      <ActForm
        act="Go on"
        isPending={false}
        failure={null}
        onCancel={back}
        onGo={setReason}
        recorded={
          <ul>
            <li>that you took this step, in the system's chain, with a checkpoint; and the custodian's own word for it</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <p className="part-title">{STEP_TEXT[step]}</p>
        <p>{STEP_EFFECT[step]}</p>
      </ActForm>
    );
  return (
    <DialogBody reads="Keys and steps of the ring">
      <ul className="ring-steps" aria-label="Keys">
        {ring.keys.toReversed().map(({ keyId, state, from, until, dataKeys, tokens, lacking, holders, vkey, fingerprint }) => (
          <li key={keyId}>
            <span>
              <code>{keyId}</code> <Badge tone={STATE_TONE[state]}>{state}</Badge>
            </span>
            <span className="quiet">
              from <Moment at={from} />
              {until !== null && (
                <>
                  , accepted until <Moment at={until} />
                </>
              )}
              {dataKeys !== null && `, ${dataKeys.toLocaleString("en-GB")} ${ring.ring === "audit" ? "generations verified by it" : "data keys"}`}
              {tokens !== null && `, ${tokens.toLocaleString("en-GB")} tokens still good`}
              {fingerprint !== null && (
                <>
                  <br />
                  <code className="verdict-key">{fingerprint}</code>
                </>
              )}
              {vkey !== null && state === "next" && (
                <>
                  <br />
                  verifier key, for witnesses before it is used: <code className="verdict-key">{vkey}</code>
                </>
              )}
              {ring.ring === "ca" && <Waiting what="not trusted yet by" names={lacking} />}
              {ring.ring === "ca" && state === "active" && <Waiting what="certificates of it" names={holders} />}
              {state === "retiring" && <Waiting what={HOLDERS_TEXT[ring.ring] ?? "held by"} names={holders} />}
              {state === "retired" && <Waiting what="trusted still, until they renew" names={holders} />}
            </span>
          </li>
        ))}
      </ul>
      {ring.ring === "database" && (
        <p className="advice">The supervisor turns these by itself, by their age; its operator does at once with “sallyport passwords rotate”. Nobody does from here.</p>
      )}
      <Rehearsal ring={ring} />
      {mayStep && <ActivateKey ring={ring} />}
      {mayStep && ring.ring !== "database" && <DestroyKey ring={ring} />}
      {ring.steps.length > 0 && (
        <section aria-labelledby="ring-steps">
          <h3 id="ring-steps" className="part-title">
            Steps
          </h3>
          {!mayStep && <p className="quiet">You may look at keys, and not turn them. Somebody with the role of a key custodian may.</p>}
          <ul className="ring-steps">
            {ring.steps.map(({ step: each, isReady, blockers }) => (
              <li key={each}>
                <span>
                  {STEP_TEXT[each]}
                  {blockers.length > 0 && <span className="quiet">: {blockers.map((blocker) => blockerText(ring.ring, blocker)).join("; ")}</span>}
                </span>
                {mayStep && isReady && (
                  <Button aria-label={`${STEP_TEXT[each]}: begin`} onPress={() => setStep(each)}>
                    Begin
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      <KeyChecklist ring={ring.ring} />
    </DialogBody>
  );
}

/** Who is waited for, by name. */
function Waiting({ what, names }: { readonly what: string; readonly names: readonly string[] }) {
  return names.length === 0 ? null : (
    <>
      <br />
      {what}: {names.join(", ")}
    </>
  );
}

/** What turning it would do: asked for anew with every state of the ring. */
function Rehearsal({ ring: { ring, at } }: { readonly ring: Ring }) {
  const rehearsal = useCall("keys.rehearse", { ring });
  if (rehearsal.data === undefined) return rehearsal.error === null ? <Skeleton lines={4} label="Rehearsing" /> : <Refusal failure={rehearsal.error} isInline />;
  const { lines } = rehearsal.data;
  return (
    <section aria-labelledby={`rehearsal-${at}`}>
      <h3 id={`rehearsal-${at}`} className="part-title">
        Rehearsal
      </h3>
      <dl className="rehearsal">
        {(Object.keys(ABOUT) as (keyof typeof ABOUT)[]).map((about) => (
          <div key={about}>
            <dt>{ABOUT[about]}</dt>
            {lines
              .filter((line) => line.about === about)
              .map(({ text }) => (
                <dd key={text}>{text}</dd>
              ))}
          </div>
        ))}
      </dl>
    </section>
  );
}

interface Asked {
  readonly ring: Exclude<Ring["ring"], "database">;
  readonly step: Step;
  readonly at: number;
  readonly reason: string;
}

/** The second part: a fresh proof over exactly this step. */
function Proving({ asked, onBack }: { readonly asked: Asked; readonly onBack: () => void }) {
  const tell = useTell();
  const me = useMe();
  const take = useChange("keys.step", {
    refreshes: ["keys.rings", "keys.rehearse", "keys.checklist"],
    onDone: () => {
      tell({ tone: "done", text: `${STEP_TEXT[asked.step]}: done, and on record with a checkpoint.` });
      onBack();
    },
  });
  if (me.data === undefined) return null;
  const { personId, authenticators } = me.data;
  const challenge = async (): Promise<string> => optionsOver(await ringStepDigest(personId, asked), location.hostname);
  return (
    <DialogBody>
      <p className="part-title">{STEP_TEXT[asked.step]}</p>
      <p>{STEP_EFFECT[asked.step]}</p>
      <Proof
        isAttested
        action="Turn"
        hasPassword={authenticators.some(({ kind }) => kind === "password")}
        challenge={authenticators.some(({ kind }) => kind === "passkey") ? challenge : null}
        onProof={(proof) => take.mutateAsync({ ...asked, proof })}
      />
      <Button kind="quiet" onPress={onBack}>
        Back
      </Button>
    </DialogBody>
  );
}
