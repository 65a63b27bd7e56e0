"use client";

import { useState } from "react";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { Icon } from "../components/icon.tsx";
import { Panel } from "../components/states.tsx";
import { Table } from "../components/table.tsx";
import { counted } from "../packets/packet-text.ts";
import { changeCount, contentOf, type Draft, withCell, withoutRole } from "./draft.ts";
import { withFollowing, withSuite } from "./draft-suite.ts";
import { cellIn, cellKey, grantText } from "./policy-content.ts";
import { RoleDialog } from "./role-dialog.tsx";
import { statementsOf } from "./suite.ts";

const SUITE_MAX = 200_000;

interface DraftPanelProps {
  readonly draft: Draft;
  readonly onDraft: (draft: Draft) => void;
}

interface Edit {
  readonly key: string;
  readonly what: string;
  readonly before: string;
  readonly after: string;
  readonly undo: () => Draft;
}

function editsOf(draft: Draft, fieldClasses: readonly string[]): readonly Edit[] {
  const { roles, grants } = draft.base.content;
  const roleEdits = [...draft.roles.values()].map((role): Edit => {
    const was = roles.find(({ name }) => name === role.name);
    const words = (one: typeof role): string => `${one.description} Assigned by: ${one.assignableBy.join(", ") || "nobody"}.`;
    return { key: role.name, what: `role ${role.name}`, before: was === undefined ? "no such role" : words(was), after: words(role), undo: () => withoutRole(draft, role.name) };
  });
  const cellEdits = [...draft.cells].flatMap(([key, grant]): readonly Edit[] => {
    const place = cellIn(key);
    const was = grants.find((each) => cellKey(each) === key);
    if (place === null) return [];
    return [
      {
        key,
        what: `${place.role}: ${place.action} ${place.resource}`,
        before: grantText(was, fieldClasses),
        after: grantText(grant ?? undefined, fieldClasses),
        undo: () => withCell(draft, place, was ?? null),
      },
    ];
  });
  const title =
    draft.title === draft.base.content.title
      ? []
      : [{ key: "title", what: "title", before: draft.base.content.title, after: draft.title, undo: () => ({ ...draft, title: draft.base.content.title }) }];
  return [...title, ...roleEdits, ...cellEdits];
}

/** What the draft changes, each with a way back. */
export function ChangesPanel({ draft, onDraft, fieldClasses, onClear }: DraftPanelProps & { readonly fieldClasses: readonly string[]; readonly onClear: () => void }) {
  const edits = editsOf(draft, fieldClasses);
  return (
    <Panel id="edits-title" title="Changes in the draft" acts={edits.length > 0 && <Button onPress={onClear}>Take all of it back</Button>}>
      {edits.length === 0 ? (
        <p className="quiet">Nothing yet. Open a cell of the matrix, or a role.</p>
      ) : (
        <Table
          caption="Changes in the draft"
          rows={edits}
          keyOf={({ key }) => key}
          columns={[
            { key: "what", title: "What", isHeader: true, cell: ({ what }) => <code>{what}</code> },
            { key: "before", title: "In force", cell: ({ before }) => before },
            { key: "after", title: "In the draft", cell: ({ after }) => <strong>{after}</strong> },
            {
              key: "undo",
              title: "Take it back",
              isAct: true,
              cell: ({ what, undo }) => (
                <Button aria-label={`Take back: ${what}`} onPress={() => onDraft(undo())}>
                  Take back
                </Button>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}

/** The roles of the draft: a new one, or what one is for and who assigns it. */
export function DraftRolesPanel({ draft, onDraft }: DraftPanelProps) {
  const [opened, setOpened] = useState<{ readonly name: string | null } | null>(null);
  return (
    <Panel
      id="draft-roles-title"
      title="Roles"
      acts={
        <Button onPress={() => setOpened({ name: null })}>
          <Icon name="plus" size={16} />
          Add a role
        </Button>
      }
    >
      <Table
        caption="Roles of the draft"
        rows={contentOf(draft).roles}
        keyOf={({ name }) => name}
        columns={[
          {
            key: "name",
            title: "Role",
            isHeader: true,
            cell: ({ name }) => (
              <button type="button" className="row-open" onClick={() => setOpened({ name })}>
                {name}
              </button>
            ),
          },
          { key: "description", title: "For", cell: ({ description }) => description },
          { key: "by", title: "Assigned by", cell: ({ assignableBy }) => (assignableBy.length === 0 ? "nobody" : assignableBy.join(", ")) },
        ]}
      />
      {opened !== null && <RoleDialog key={opened.name ?? ""} draft={draft} name={opened.name} onDraft={onDraft} onClose={() => setOpened(null)} />}
    </Panel>
  );
}

/** The tests that the policy is proposed with: their list follows the matrix where it plainly can, and all of it is somebody's to write. */
export function SuitePanel({ draft, suite, onDraft }: DraftPanelProps & { readonly suite: string }) {
  const isReadable = statementsOf(suite) !== null;
  return (
    <Panel id="suite-title" title="The policy's tests">
      <div className="form">
        <p className="quiet">
          What <code>allowed</code> doesn&apos;t list is expected to be denied, and each sentence of <code>cases</code> is asked. A policy whose tests fail can be looked at, and
          not put to approval.
        </p>
        <label className="check">
          <input type="checkbox" checked={draft.tests.follow} onChange={({ currentTarget }) => onDraft(withFollowing(draft, currentTarget.checked))} />
          The list of what is allowed follows the matrix, where it expected what the cell was
        </label>
        <Field
          label="Tests, as YAML"
          value={suite}
          onChange={(text) => onDraft(withSuite(draft, text))}
          rows={18}
          maxLength={SUITE_MAX}
          isCode
          error={isReadable ? null : "This can't be read as it stands: a mapping in YAML, without duplicate keys."}
        />
      </div>
    </Panel>
  );
}

export const changesText = (draft: Draft, suite: string): string =>
  `${counted(changeCount(draft), "change")} of the policy${suite === draft.base.suite ? "" : ", and of its tests"}`;
