"use client";

import type { HTMLInputAutoCompleteAttribute } from "react";
import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextArea } from "react-aria-components/TextArea";
import { TextField } from "react-aria-components/TextField";

export interface FieldProps {
  readonly label: string;
  readonly name?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onBlur?: () => void;
  readonly hint?: string;
  /** What is wrong with the value, in words; the field is then marked, and the words are read with it. */
  readonly error?: string | null;
  readonly type?: "text" | "password" | "email" | "date" | "datetime-local";
  readonly isRequired?: boolean;
  readonly isDisabled?: boolean;
  readonly maxLength?: number;
  readonly autoComplete?: HTMLInputAutoCompleteAttribute;
  readonly inputMode?: "decimal" | "numeric" | "text";
  /** Set in the fixed-width face: for codes and ids. */
  readonly isCode?: boolean;
  /** More than one line. */
  readonly rows?: number;
  readonly autoFocus?: boolean;
}

/** A labelled text field with its hint and its error. */
export function Field({ label, hint, error, rows, isCode = false, maxLength, ...props }: FieldProps) {
  const isInvalid = error !== undefined && error !== null;
  const look = { className: isCode ? "input input-code" : "input", spellCheck: false };
  return (
    <TextField {...props} className="field" isInvalid={isInvalid} {...(maxLength !== undefined && { maxLength })}>
      <Label className="field-label">{label}</Label>
      {rows === undefined ? <Input {...look} /> : <TextArea {...look} rows={rows} />}
      {hint !== undefined && (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </TextField>
  );
}
