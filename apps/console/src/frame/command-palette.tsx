"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { Autocomplete } from "react-aria-components/Autocomplete";
import { Input } from "react-aria-components/Input";
import { Menu, MenuItem } from "react-aria-components/Menu";
import { SearchField } from "react-aria-components/SearchField";
import { Text } from "react-aria-components/Text";
import { Dialog } from "../components/dialog.tsx";
import { Icon, type IconName } from "../components/icon.tsx";
import { useFirstFocus } from "../components/use-first-focus.ts";
import { useMe } from "./me.ts";
import { destinations, mayShow, searchTarget } from "./navigation.ts";
import { useSession } from "./session-gate.tsx";
import { useTheme } from "./use-theme.ts";

interface Command {
  readonly id: string;
  readonly text: string;
  readonly also: string;
  readonly icon: IconName;
  readonly act: () => void;
}

/** Everything that can be gone to or done from anywhere, found by typing. */
export function CommandPalette({ onClose }: { readonly onClose: () => void }) {
  const router = useRouter();
  const { signOut } = useSession();
  const [, chooseTheme] = useTheme();
  const me = useMe();
  const [text, setText] = useState("");
  const actions = new Set(me.data?.grants.map((grant) => grant.action));
  const target = searchTarget(text);

  const commands: readonly Command[] = [
    ...destinations.filter((each) => mayShow(each, actions)).map(({ href, name, also, icon }): Command => ({ id: href, text: name, also, icon, act: () => router.push(href) })),
    { id: "light", text: "Light colours", also: "theme", icon: "light", act: () => chooseTheme("light") },
    { id: "dark", text: "Dark colours", also: "theme", icon: "dark", act: () => chooseTheme("dark") },
    { id: "system", text: "Colours as the system has them", also: "theme", icon: "system", act: () => chooseTheme("system") },
    { id: "out", text: "Sign out", also: "leave log off", icon: "out", act: signOut },
  ];
  const words = text.trim().toLowerCase().split(/\s+/);
  const found = commands.filter(({ text: name, also }) => words.every((word) => `${name} ${also}`.toLowerCase().includes(word)));
  const shown: readonly Command[] =
    target === null || !actions.has("trail.read")
      ? found
      : [...found, { id: "find", text: `Crossings of ${text.trim()}`, also: "", icon: "search", act: () => router.push(target) }];

  return (
    <Dialog title="Commands" shape="palette" isOpen onClose={onClose}>
      <Autocomplete inputValue={text} onInputChange={setText}>
        <SearchField className="palette-field" aria-label="Go to a page or do something">
          <Icon name="search" />
          <PaletteInput />
        </SearchField>
        <Menu
          className="menu palette-menu"
          aria-label="Commands"
          items={shown}
          renderEmptyState={() => <p className="palette-none">Nothing by that name.</p>}
          onAction={(key) => {
            onClose();
            shown.find(({ id }) => id === key)?.act();
          }}
        >
          {(command) => (
            <MenuItem id={command.id} className="menu-item" textValue={command.text}>
              <Icon name={command.icon} />
              <Text slot="label">{command.text}</Text>
            </MenuItem>
          )}
        </Menu>
      </Autocomplete>
      <p className="palette-foot quiet" aria-hidden="true">
        <kbd>↑</kbd> <kbd>↓</kbd> to choose, <kbd>Enter</kbd> to go, <kbd>Esc</kbd> to close
      </p>
    </Dialog>
  );
}

function PaletteInput() {
  return <Input ref={useFirstFocus<HTMLInputElement>()} className="palette-input" placeholder="Go to, do, or find a request" maxLength={80} />;
}
