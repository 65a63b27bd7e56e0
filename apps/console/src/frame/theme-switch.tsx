"use client";

import { Button } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import type { Theme } from "./theme.ts";
import { useTheme } from "./use-theme.ts";

const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const NAMES: Readonly<Record<Theme, string>> = { system: "as the system has it", light: "light", dark: "dark" };

/** Goes round: as the system has it, light, dark. */
export function ThemeSwitch() {
  const [theme, choose] = useTheme();
  return (
    <Button kind="quiet" isIcon aria-label={`Colours: ${NAMES[theme]}. Change to ${NAMES[NEXT[theme]]}`} onPress={() => choose(NEXT[theme])}>
      <Icon name={theme} />
    </Button>
  );
}
