"use client";

import type { ReactNode } from "react";
import { Menu as AriaMenu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";

export interface MenuEntry {
  readonly id: string;
  readonly text: string;
  readonly icon?: ReactNode;
  readonly isDisabled?: boolean;
  readonly onAction: () => void;
}

/** A menu under a button. `head` stands above the entries and isn't one. */
export function Menu({
  label,
  trigger,
  head,
  entries,
}: {
  readonly label: string;
  readonly trigger: ReactNode;
  readonly head?: ReactNode;
  readonly entries: readonly MenuEntry[];
}) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover className="popover" placement="bottom end">
        {head}
        <AriaMenu className="menu" aria-label={label}>
          {entries.map(({ id, text, icon, isDisabled = false, onAction }) => (
            <MenuItem key={id} id={id} className="menu-item" textValue={text} isDisabled={isDisabled} onAction={onAction}>
              {icon}
              {text}
            </MenuItem>
          ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
