"use client";

import { Button as AriaButton } from "react-aria-components/Button";
import { ComboBox as AriaComboBox } from "react-aria-components/ComboBox";
import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select as AriaSelect, SelectValue } from "react-aria-components/Select";
import { Text } from "react-aria-components/Text";
import { Icon } from "./icon.tsx";

export interface Option {
  readonly id: string;
  readonly text: string;
  /** A second line, quieter. */
  readonly about?: string;
}

export interface ChoiceProps {
  readonly label: string;
  readonly options: readonly Option[];
  readonly value: string | null;
  readonly onChange: (id: string | null) => void;
  readonly hint?: string;
  readonly error?: string | null;
  readonly isRequired?: boolean;
  readonly isDisabled?: boolean;
  readonly placeholder?: string;
}

const listOf = (options: readonly Option[]) => (
  <ListBox className="menu">
    {options.map(({ id, text, about }) => (
      <ListBoxItem key={id} id={id} textValue={text} className="menu-item">
        <span className="menu-lines">
          <Text slot="label">{text}</Text>
          {about !== undefined && (
            <Text slot="description" className="quiet">
              {about}
            </Text>
          )}
        </span>
      </ListBoxItem>
    ))}
  </ListBox>
);

/** One of a few, chosen from a list. */
export function Select({ label, options, value, onChange, hint, error, placeholder = "Choose", ...props }: ChoiceProps) {
  return (
    <AriaSelect
      {...props}
      className="field"
      value={value}
      onChange={(key) => onChange(key === null ? null : String(key))}
      placeholder={placeholder}
      isInvalid={error !== undefined && error !== null}
    >
      <Label className="field-label">{label}</Label>
      <AriaButton className="input input-choice">
        <SelectValue className="select-value" />
        <Icon name="chevron" size={16} />
      </AriaButton>
      {hint !== undefined && (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
      <Popover className="popover popover-wide">{listOf(options)}</Popover>
    </AriaSelect>
  );
}

/** One of many, found by typing. While there is none to find, there is nothing to type: what was typed before they came would find none of them. */
export function ComboBox({ label, options, value, onChange, hint, error, placeholder = "", isDisabled = false, ...props }: ChoiceProps) {
  return (
    <AriaComboBox
      {...props}
      isDisabled={isDisabled || options.length === 0}
      className="field"
      selectedKey={value}
      onSelectionChange={(key) => onChange(key === null ? null : String(key))}
      isInvalid={error !== undefined && error !== null}
    >
      <Label className="field-label">{label}</Label>
      <span className="combo">
        <Input className="input" placeholder={placeholder} />
        <AriaButton className="combo-button" aria-label="Show all">
          <Icon name="chevron" size={16} />
        </AriaButton>
      </span>
      {hint !== undefined && (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
      <Popover className="popover popover-wide">{listOf(options)}</Popover>
    </AriaComboBox>
  );
}
