"use client";

import { type ReactNode, useState } from "react";
import { Icon } from "./icon.tsx";

interface DropFrameProps {
  /** What may be dropped, as a sentence that goes on with the button: `Drop files here, or`. */
  readonly text: string;
  readonly hint: string;
  /** Called while the browser still knows what was dropped. */
  readonly onDrop: (dropped: DataTransfer) => void;
  /** The button of the browser's own chooser, which the keyboard reaches. */
  readonly children: ReactNode;
}

/** Where things are dropped. */
export function DropFrame({ text, hint, onDrop, children }: DropFrameProps) {
  const [isOver, setOver] = useState(false);
  return (
    <div
      className={`drop${isOver ? " drop-over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onDrop(event.dataTransfer);
      }}
    >
      <Icon name="upload" size={28} />
      <p className="drop-text">{text}</p>
      {children}
      <p className="quiet">{hint}</p>
    </div>
  );
}
