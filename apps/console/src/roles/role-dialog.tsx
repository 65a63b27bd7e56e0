"use client";

import { ROLE_NAME } from "@sallyport/policy/role-name";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import { Select } from "../components/choice.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { contentOf, type Draft, withRole, withRoleLike } from "./draft.ts";

const LINE = /^[ -~]{1,200}$/;

export interface RoleDialogProps {
  readonly draft: Draft;
  /** The role that is changed; null for a new one. */
  readonly name: string | null;
  readonly onDraft: (draft: Draft) => void;
  readonly onClose: () => void;
}

/** A role of the draft: a new one, or what another one is for and who assigns it. */
export function RoleDialog({ draft, name, onDraft, onClose }: RoleDialogProps) {
  const { roles } = contentOf(draft);
  const before = roles.find((role) => role.name === name);
  const [text, setText] = useState(name ?? "");
  const [description, setDescription] = useState(before?.description ?? "");
  const [assignableBy, setAssignableBy] = useState<readonly string[]>(before?.assignableBy ?? []);
  const [like, setLike] = useState<string | null>(null);
  const [isTried, setTried] = useState(false);
  const nameFault =
    name !== null
      ? null
      : !ROLE_NAME.test(text)
        ? "Small letters, digits and _, beginning with a letter."
        : roles.some((role) => role.name === text)
          ? "There is such a role."
          : null;
  const lineFault = LINE.test(description) ? null : "One line of up to 200 plain characters.";
  return (
    <Dialog title={name === null ? "Add a role" : "Change a role"} isOpen onClose={onClose}>
      <form
        className="dialog-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (nameFault !== null || lineFault !== null) return;
          const role = { name: text, description, assignableBy: [...assignableBy] };
          onDraft(name === null ? withRoleLike(draft, role, like) : withRole(draft, role));
          onClose();
        }}
      >
        <DialogBody>
          {name === null ? (
            <Field
              label="Name"
              value={text}
              onChange={setText}
              maxLength={64}
              isCode
              error={isTried ? nameFault : null}
              hint="It stands in records. Once it was in force it is never given to another role."
            />
          ) : (
            <p>
              <code>{name}</code>
            </p>
          )}
          <Field label="What it is for" value={description} onChange={setDescription} maxLength={200} error={isTried ? lineFault : null} />
          {name === null && (
            <Select
              label="Begin with the rights of"
              options={[{ id: "-", text: "none" }, ...roles.map((role) => ({ id: role.name, text: role.name, about: role.description }))]}
              value={like ?? "-"}
              onChange={(id) => setLike(id === "-" ? null : id)}
            />
          )}
          <fieldset className="role-choices">
            <legend className="field-label">Assigned by</legend>
            {roles.map((role) => (
              <label key={role.name} className="check">
                <input
                  type="checkbox"
                  checked={assignableBy.includes(role.name)}
                  onChange={({ currentTarget }) => setAssignableBy(currentTarget.checked ? [...assignableBy, role.name] : assignableBy.filter((one) => one !== role.name))}
                />
                <code>{role.name}</code>
              </label>
            ))}
          </fieldset>
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" kind="primary">
            Put it into the draft
          </Button>
        </DialogFoot>
      </form>
    </Dialog>
  );
}
