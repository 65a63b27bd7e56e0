"use client";

import { useRouter } from "next/navigation";
import { useMemo, useState } from "react";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Panel } from "../components/states.tsx";
import { WillRecord } from "../components/will-record.tsx";
import { useTell } from "../frame/notices.tsx";
import { counted } from "../packets/packet-text.ts";
import { CellDrawer } from "./cell-drawer.tsx";
import { CellForm } from "./cell-form.tsx";
import { contentOf, type Draft, draftOf, newDraft, rebased } from "./draft.ts";
import { ChangesPanel, changesText, DraftRolesPanel, SuitePanel } from "./draft-panels.tsx";
import { isChanged, keepDraft, useKeptDraft } from "./draft-store.ts";
import { suiteOf } from "./draft-suite.ts";
import type { CellMark } from "./matrix-grid.tsx";
import { MatrixView } from "./matrix-view.tsx";
import { actKey, cellIn, type CellPlace, cellKey, type CurrentPolicy, type Proposal } from "./policy-content.ts";

const LINE = /^[ -~]{1,200}$/;

interface EditorProps {
  readonly current: CurrentPolicy;
  /** What the draft goes on from; null for the policy in force. */
  readonly proposal: Proposal | null;
}

/** The draft that is kept, or a new one; where two could be meant, the person says which. */
export function Editor({ current, proposal }: EditorProps) {
  const kept = useKeptDraft();
  const [isMeant, setMeant] = useState(false);
  const { content, suite, version } = current.policy;
  const fresh = useMemo(() => {
    const base = { content, suite, version };
    return proposal === null ? newDraft(base) : draftOf(base, proposal);
  }, [content, suite, version, proposal]);
  const draft = kept ?? fresh;
  if (kept !== null && isChanged(kept) && kept.base.version !== version) {
    return (
      <Question
        text={`Version ${version} took effect since this draft was begun, so it can't be put to approval as it is. Its ${counted(kept.cells.size + kept.roles.size, "change")} can be made again, from version ${version}; what was written into the tests by hand can't.`}
        acts={[
          ["Make them again", () => keepDraft(rebased(kept, { content, suite, version }))],
          ["Let the draft go", () => keepDraft(null)],
        ]}
      />
    );
  }
  if (proposal !== null && kept !== null && isChanged(kept) && !isMeant) {
    return (
      <Question
        text={`There is a draft with ${changesText(kept, suiteOf(kept))} on this page already.`}
        acts={[
          ["Go on with that", () => setMeant(true)],
          ["Take the proposal instead", () => keepDraft(fresh)],
        ]}
      />
    );
  }
  return (
    <Drafting
      current={current}
      draft={draft}
      onDraft={(next) => {
        setMeant(true);
        keepDraft(next);
      }}
    />
  );
}

function Question({ text, acts }: { readonly text: string; readonly acts: readonly (readonly [string, () => void])[] }) {
  return (
    <section className="panel" aria-label="Which draft">
      <p className="advice">{text}</p>
      <div className="form-acts">
        {acts.map(([name, act]) => (
          <Button key={name} onPress={act}>
            {name}
          </Button>
        ))}
      </div>
    </section>
  );
}

function Drafting({ current, draft, onDraft }: { readonly current: CurrentPolicy; readonly draft: Draft; readonly onDraft: (draft: Draft) => void }) {
  const { fieldClasses } = current;
  const content = useMemo(() => contentOf(draft), [draft]);
  const suite = useMemo(() => suiteOf(draft), [draft]);
  const alsoActs = useMemo(() => new Set([...draft.cells.keys()].flatMap((key) => cellIn(key) ?? []).map(actKey)), [draft]);
  const wasThere = useMemo(() => new Set(draft.base.content.grants.map(cellKey)), [draft.base]);
  const markAt = (place: CellPlace): CellMark | null => {
    const edited = draft.cells.get(cellKey(place));
    if (edited === undefined) return null;
    return edited === null ? "removed" : wasThere.has(cellKey(place)) ? "altered" : "added";
  };
  return (
    <>
      <section className="panel" aria-labelledby="draft-title">
        <h2 id="draft-title" className="panel-title">
          From version {draft.base.version} <code className="quiet">{current.policy.label}</code>
        </h2>
        <MatrixView
          path="/roles/edit"
          content={content}
          axes={current}
          alsoActs={alsoActs}
          markAt={markAt}
          drawer={(place, isKnown, onClose) => (
            <CellDrawer key={cellKey(place)} place={place} content={content} suite={suite} fieldClasses={fieldClasses} isKnown={isKnown} onClose={onClose}>
              <CellForm draft={draft} place={place} fieldClasses={fieldClasses} onDraft={onDraft} />
            </CellDrawer>
          )}
        />
      </section>
      <ChangesPanel draft={draft} onDraft={onDraft} fieldClasses={fieldClasses} onClear={() => onDraft(newDraft(draft.base))} />
      <DraftRolesPanel draft={draft} onDraft={onDraft} />
      <SuitePanel draft={draft} suite={suite} onDraft={onDraft} />
      <ProposePanel draft={draft} suite={suite} onDraft={onDraft} />
    </>
  );
}

/** Stores the draft as a proposal. It is a document then, which nobody changes any more. */
function ProposePanel({ draft, suite, onDraft }: { readonly draft: Draft; readonly suite: string; readonly onDraft: (draft: Draft) => void }) {
  const router = useRouter();
  const tell = useTell();
  const propose = useChange("policy.propose", {
    refreshes: ["policy.proposals"],
    onDone: ({ proposal, tests }) => {
      keepDraft(null);
      tell(
        tests.failed === 0
          ? { tone: "done", text: "Proposed. Look at what it does, and put it to approval." }
          : { tone: "caution", text: `Proposed, and ${counted(tests.failed, "test")} of its own ${tests.failed === 1 ? "fails" : "fail"}.` },
      );
      router.push(`/roles/proposals/${proposal.proposalId}`);
    },
  });
  const fault = LINE.test(draft.title) ? null : "One line of up to 200 plain characters.";
  const isReady = fault === null && (isChanged(draft) || suite !== draft.base.suite);
  return (
    <Panel id="propose-title" title="Propose it">
      <form
        className="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) propose.mutate({ content: contentOf(draft), suite });
        }}
      >
        <Field label="Title of the version" value={draft.title} onChange={(title) => onDraft({ ...draft, title })} maxLength={200} error={fault} />
        <WillRecord>
          <li>that you proposed a policy, its digest, and how many of its tests fail</li>
          <li>nothing else: it takes effect only once another administrator has approved it</li>
        </WillRecord>
        {propose.isError && <Refusal failure={propose.error} isInline />}
        <div className="form-acts">
          <span className="quiet">{changesText(draft, suite)}</span>
          <Button type="submit" kind="primary" isDisabled={!isReady} isPending={propose.isPending}>
            Propose
          </Button>
        </div>
      </form>
    </Panel>
  );
}
