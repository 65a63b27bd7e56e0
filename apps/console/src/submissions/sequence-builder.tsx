"use client";

import { useState } from "react";
import { usePages } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { ComboBox, Select } from "../components/choice.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { Refusal } from "../components/refusal.tsx";
import { EmptyState } from "../components/states.tsx";
import { mediaName } from "../documents/document-kinds.ts";
import { useTell } from "../frame/notices.tsx";
import { placeText } from "../packets/document-text.ts";
import { bytesText } from "../packets/packet-text.ts";
import { pathFault, type Sequence, type Submission } from "./submission-text.ts";

interface Placed {
  readonly path: string;
  readonly documentId: string;
  readonly version: number;
  readonly needsApproval: boolean;
}

const NEEDS = [
  { id: "approval", text: "Leaves only with a valid approval on it" },
  { id: "none", text: "May leave unsigned" },
] as const;

/** Says which documents stand at which paths of a sequence. */
export function SequenceBuilder({ submission, sequence, onClose }: { readonly submission: Submission; readonly sequence: Sequence; readonly onClose: () => void }) {
  const tell = useTell();
  const list = usePages("documents.sequences", { study: submission.study, limit: 100 });
  const documents = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const [placed, setPlaced] = useState<readonly Placed[]>(sequence.files.map(({ path, documentId, version, needsApproval }) => ({ path, documentId, version, needsApproval })));
  const [documentId, setDocument] = useState<string | null>(null);
  const [path, setPath] = useState("");
  const [needs, setNeeds] = useState<string | null>("approval");
  const [isTried, setTried] = useState(false);
  const fault = pathFault(
    path,
    placed.map((each) => each.path),
  );
  const keep = useChange("submissions.assemble", {
    refreshes: ["submissions.get"],
    onDone: () => {
      tell({ tone: "done", text: "The sequence is as you put it together." });
      onClose();
    },
  });
  const put = () => {
    setTried(true);
    const chosen = documents.find((each) => each.documentId === documentId);
    if (chosen === undefined || fault !== null) return;
    setPlaced((now) =>
      [...now, { path, documentId: chosen.documentId, version: chosen.version, needsApproval: needs === "approval" }].toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    );
    setPath("");
    setDocument(null);
    setTried(false);
  };
  return (
    <Dialog title={`Documents of sequence ${sequence.sequence}`} isOpen shape="drawer" onClose={onClose}>
      <DialogBody>
        {list.error !== null && list.data === undefined && <Refusal failure={list.error} onRetry={() => void list.refetch()} isInline />}
        {list.data !== undefined && documents.length === 0 ? (
          <EmptyState title="No document to put in">Sequences&apos; documents of this study stand here once they were released from quarantine.</EmptyState>
        ) : (
          <>
            <ComboBox
              label="Document"
              options={documents.map((each) => ({
                id: each.documentId,
                text: `${each.documentId.slice(0, 16)}… ${mediaName(each.mediaType)}, version ${each.version}`,
                about: `${placeText(each.site)}, ${bytesText(each.bytes)}, SHA-256 ${each.sha256.slice(0, 12)}…`,
              }))}
              value={documentId}
              onChange={setDocument}
              error={isTried && documentId === null ? "Choose a document." : null}
              hint="In its current version. Its own name may say whose data it holds, so it isn't shown."
            />
            <Field
              label="Path"
              value={path}
              onChange={setPath}
              maxLength={170}
              isCode
              autoComplete="off"
              hint="As m1/us/cover.pdf. An index.xml of your own is checked; otherwise one is made."
              error={isTried ? fault : null}
            />
            <Select label="Signature" options={NEEDS} value={needs} onChange={setNeeds} />
            <div className="form-acts">
              <Button onPress={put}>Put it there</Button>
              {list.hasNextPage && (
                <Button kind="quiet" onPress={() => void list.fetchNextPage()} isPending={list.isFetchingNextPage}>
                  Look through older documents
                </Button>
              )}
            </div>
          </>
        )}
        <p className="part-title">In the sequence</p>
        {placed.length === 0 ? (
          <p className="quiet">Nothing yet.</p>
        ) : (
          <ul className="placed-list">
            {placed.map((each) => (
              <li key={each.path}>
                <span>
                  <code className="document-id">{each.path}</code>
                  <span className="row-under">
                    {each.documentId.slice(0, 12)}…, version {each.version}
                    {each.needsApproval ? ", needs an approval" : ""}
                  </span>
                </span>
                <Button kind="quiet" aria-label={`Take out ${each.path}`} onPress={() => setPlaced((now) => now.filter((other) => other.path !== each.path))}>
                  Take out
                </Button>
              </li>
            ))}
          </ul>
        )}
        {keep.isError && <Refusal failure={keep.error} isInline />}
      </DialogBody>
      <DialogFoot>
        <Button kind="quiet" onPress={onClose}>
          Cancel
        </Button>
        <Button
          kind="primary"
          isPending={keep.isPending}
          onPress={() => keep.mutate({ submissionId: submission.submissionId, sequence: sequence.sequence, files: placed.map((each) => ({ ...each })) })}
        >
          Keep it so
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
