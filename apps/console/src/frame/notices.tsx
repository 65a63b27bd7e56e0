"use client";

import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { Button } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { Lamp, type LampLook } from "../components/lamp.tsx";

export interface Notice {
  readonly tone: "done" | "caution" | "shut";
  /** One or two sentences; never a value of a subject's. */
  readonly text: string;
}

interface Shown extends Notice {
  readonly id: number;
}

const LOOK: Readonly<Record<Notice["tone"], LampLook>> = { done: "lit", caution: "caution", shut: "shut" };
const SHOWN_MS = 8000;
const KEPT = 4;

const NoticesContext = createContext<(notice: Notice) => void>(() => undefined);

/** Tells the person something that happened; it is read out, and goes by itself unless it is bad news. */
export const useTell = (): ((notice: Notice) => void) => useContext(NoticesContext);

/** Holds the notices of the frame: a live region that is there from the first, so that what is put into it is read. */
export function Notices({ children }: { readonly children: ReactNode }) {
  const [shown, setShown] = useState<readonly Shown[]>([]);
  const next = useRef(1);
  const tell = useCallback((notice: Notice) => {
    const id = next.current++;
    setShown((now) => [...now, { ...notice, id }].slice(-KEPT));
  }, []);
  const drop = useCallback((id: number) => setShown((now) => now.filter((each) => each.id !== id)), []);
  return (
    <NoticesContext value={useMemo(() => tell, [tell])}>
      {children}
      <section className="notices" aria-label="Notices" aria-live="polite" aria-relevant="additions">
        {shown.map((notice) => (
          <OneNotice key={notice.id} notice={notice} onDrop={drop} />
        ))}
      </section>
    </NoticesContext>
  );
}

function OneNotice({ notice, onDrop }: { readonly notice: Shown; readonly onDrop: (id: number) => void }) {
  const { id, tone, text } = notice;
  useEffect(() => {
    if (tone === "shut") return undefined;
    const timer = setTimeout(() => onDrop(id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, onDrop, tone]);
  return (
    <div className={`notice-card notice-${tone}`}>
      <Lamp look={LOOK[tone]} size={18} />
      <p>{text}</p>
      <Button kind="quiet" isIcon aria-label="Dismiss" onPress={() => onDrop(id)}>
        <Icon name="close" size={16} />
      </Button>
    </div>
  );
}
