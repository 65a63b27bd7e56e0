"use client";

import { useState } from "react";
import type { InputOf, OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Select } from "../components/choice.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Skeleton } from "../components/states.tsx";
import { WillRecord } from "../components/will-record.tsx";
import { useTell } from "../frame/notices.tsx";
import { Proof, type StepUp } from "../proof/proof.tsx";
import { type Kind, MEANING_TEXT, type ShownSignature, type ShownVersion } from "./document-kinds.ts";
import { SaveCopy } from "./save-copy.tsx";
import { ExactText } from "./shown-text.tsx";
import { useBegin } from "./use-begin.ts";

type Meaning = ShownSignature["meaning"];

const BESIDE = "beside";

interface SignDialogProps {
  readonly kind: Kind;
  readonly documentId: string;
  readonly version: ShownVersion;
  /** Whether all of it was on the screen. */
  readonly isWhole: boolean;
  /** Signatures of one's own that the new one may stand instead of, of whatever version. */
  readonly earlier: readonly ShownSignature[];
  readonly onClose: () => void;
}

/** Signs a version that was shown: the statement once, what the signature says, then the manifest, and the proof over its digest. */
export function SignDialog(props: SignDialogProps) {
  const statement = useCall("signatures.statement", {});
  return (
    <Dialog title="Sign the document" isOpen onClose={props.onClose}>
      <DialogBody>
        {statement.isPending && <Skeleton lines={4} label="Loading" />}
        {statement.data === undefined && statement.error !== null && <Refusal failure={statement.error} onRetry={() => void statement.refetch()} />}
        {statement.data?.acceptedAt === null && <Statement statement={statement.data} />}
        {statement.data !== undefined && statement.data.acceptedAt !== null && <Signing {...props} />}
      </DialogBody>
    </Dialog>
  );
}

/** What is taken once, before the first signature. */
function Statement({ statement: { text, digest } }: { readonly statement: OutputOf<"signatures.statement"> }) {
  const accept = useChange("signatures.accept", { refreshes: ["signatures.statement"] });
  return (
    <>
      <p>Before your first signature, once:</p>
      <blockquote className="statement">{text}</blockquote>
      <WillRecord>
        <li>that you took this statement, by its digest; it stands in each of your signatures</li>
      </WillRecord>
      {accept.error !== null && <Refusal failure={accept.error} isInline />}
      <div className="form-acts">
        <Button kind="primary" isPending={accept.isPending} onPress={() => accept.mutate({ digest })}>
          I take my signatures to be so
        </Button>
      </div>
    </>
  );
}

function Signing({ kind, documentId, version, isWhole, earlier, onClose }: SignDialogProps) {
  const [meaning, setMeaning] = useState<Meaning>("review");
  const [instead, setInstead] = useState<string>(BESIDE);
  const [isSaved, setSaved] = useState(false);
  const [isRead, setRead] = useState(false);
  const { begun, begin, drop } = useBegin();
  const input = { documentId, version: version.version, sha256: version.sha256, meaning, ...(instead !== BESIDE && { supersedes: instead }) };
  const { says } = MEANING_TEXT[meaning];
  if (begun !== null) return <Prove documentId={documentId} begun={begun} says={says} read={isWhole ? "shown" : "copy"} onAgain={drop} onClose={onClose} />;
  return (
    <>
      <fieldset className="meanings">
        <legend>What your signature says</legend>
        {(Object.keys(MEANING_TEXT) as Meaning[]).map((each) => {
          const isOwn = each === "approval" && version.isMine;
          return (
            <div key={each} className="meaning">
              <input
                type="radio"
                name="meaning"
                id={`meaning-${each}`}
                aria-describedby={`says-${each}`}
                value={each}
                checked={meaning === each}
                disabled={isOwn}
                onChange={() => setMeaning(each)}
              />
              <div>
                <label htmlFor={`meaning-${each}`}>{MEANING_TEXT[each].title}</label>
                <span id={`says-${each}`} className="row-under">
                  {isOwn ? "You brought this version in: somebody else approves it." : MEANING_TEXT[each].says}
                </span>
              </div>
            </div>
          );
        })}
      </fieldset>
      {earlier.length > 0 && (
        <Select
          label="It stands"
          hint="What it stands instead of stays with the document, and reads as superseded."
          options={[{ id: BESIDE, text: "beside what is there" }, ...earlier.map((each) => ({ id: each.signatureId, text: insteadText(each) }))]}
          value={instead}
          onChange={(id) => setInstead(id ?? BESIDE)}
        />
      )}
      {!isWhole && (
        <div className="copy-read">
          <p className="advice">
            <strong>Not all of it was shown on the page.</strong> A signature is of all of it: go through the page to its end, or read a copy that you save.
          </p>
          <SaveCopy kind={kind} documentId={documentId} version={version} onSaved={() => setSaved(true)} />
          <label className="check">
            <input type="checkbox" checked={isRead} disabled={!isSaved} onChange={() => setRead((now) => !now)} />I read all of it in the copy that I saved. I state this, and it
            goes on record with my signature.
          </label>
        </div>
      )}
      {begin.error !== null && <Refusal failure={begin.error} isInline />}
      <div className="form-acts">
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" isDisabled={!isWhole && !isRead} isPending={begin.isPending} onPress={() => begin.mutate(input)}>
          Go on
        </Button>
      </div>
    </>
  );
}

/** What a choice says of a signature that the new one would stand instead of. */
const insteadText = ({ meaning, version, signedAt }: ShownSignature): string =>
  `instead of my ${MEANING_TEXT[meaning].title.toLowerCase()} of version ${version}, ${signedAt.slice(0, 10)}`;

interface ProveProps {
  readonly documentId: string;
  readonly begun: OutputOf<"signatures.begin">;
  readonly says: string;
  /** How it was read. */
  readonly read: InputOf<"signatures.complete">["read"];
  /** After an attempt that failed: what was begun is used up. */
  readonly onAgain: () => void;
  readonly onClose: () => void;
}

function Prove({ documentId, begun, says, read, onAgain, onClose }: ProveProps) {
  const tell = useTell();
  const { ceremony, manifest, digest, options } = begun;
  const { printedName, version, sha256, supersedes } = JSON.parse(manifest) as { printedName: string; version: number; sha256: string; supersedes: string | null };
  const complete = useChange("signatures.complete", {
    refreshes: ["documents.getSequence"],
    onDone: () => {
      tell({ tone: "done", text: "Signed, on record, and under a checkpoint." });
      onClose();
    },
  });
  return (
    <>
      <dl className="pairs pairs-plain">
        <dt>Signed by</dt>
        <dd>{printedName}</dd>
        <dt>It says</dt>
        <dd>{says}</dd>
        <dt>Of</dt>
        <dd>
          <code className="document-id">{documentId}</code>, version {version}
        </dd>
        {supersedes !== null && (
          <>
            <dt>Instead of</dt>
            <dd>
              <code className="document-id">{supersedes}</code>
            </dd>
          </>
        )}
        <dt>SHA-256 of its bytes</dt>
        <dd>
          <code className="document-digest">{sha256}</code>
        </dd>
        <dt>Digest of all this</dt>
        <dd>
          <code className="document-digest">{digest}</code>
        </dd>
      </dl>
      <details>
        <summary>The manifest, to the letter</summary>
        <ExactText className="manifest" text={manifest} />
      </details>
      <WillRecord>
        <li>your name as it is now, the time, what your signature says, and the digests above</li>
        <li>{read === "shown" ? "that all of it was shown to you on this page" : "that you read all of it in the copy that you saved"}</li>
        <li>the checkpoint that covers the record</li>
      </WillRecord>
      <Proof
        action="Sign"
        hasPassword={false}
        challenge={options === null ? null : () => Promise.resolve(options)}
        onProof={(proof: StepUp) => complete.mutateAsync({ documentId, ceremony, read, proof })}
      />
      {complete.isError && <Button onPress={onAgain}>Begin again</Button>}
    </>
  );
}
