"use client";

import dynamic from "next/dynamic";
import { useEffect, useState } from "react";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Icon } from "../components/icon.tsx";
import { NoticeBell } from "../notices/notice-bell.tsx";
import { LampStrip } from "./lamp-strip.tsx";
import { useMay } from "./me.ts";
import { PersonMenu } from "./person-menu.tsx";
import { SearchBox } from "./search-box.tsx";
import { Navigation } from "./side-rail.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";
import { Wordmark } from "./wordmark.tsx";

const CommandPalette = dynamic(async () => (await import("./command-palette.tsx")).CommandPalette, { ssr: false });

/** What is at hand on every page. */
export function TopBar() {
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const [isSheetOpen, setSheetOpen] = useState(false);
  const maySearch = useMay("trail.read");

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      setPaletteOpen((isOpen) => !isOpen);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);

  return (
    <header className="top-bar">
      <span className="top-narrow">
        <Button kind="quiet" isIcon aria-label="Pages" onPress={() => setSheetOpen(true)}>
          <Icon name="menu" />
        </Button>
        <Wordmark />
      </span>
      <span className="top-search">{maySearch && <SearchBox />}</span>
      <Button kind="quiet" aria-label="Commands, Ctrl K" aria-keyshortcuts="Meta+K Control+K" onPress={() => setPaletteOpen(true)}>
        <Icon name="command" size={16} />
        <kbd className="top-keys">Ctrl K</kbd>
      </Button>
      <LampStrip />
      <NoticeBell />
      <ThemeSwitch />
      <PersonMenu />
      {isPaletteOpen && <CommandPalette onClose={() => setPaletteOpen(false)} />}
      <Dialog title="Pages" shape="drawer" isOpen={isSheetOpen} onClose={() => setSheetOpen(false)}>
        <DialogBody>
          {maySearch && <SearchBox />}
          <Navigation onGo={() => setSheetOpen(false)} />
        </DialogBody>
      </Dialog>
    </header>
  );
}
