"use client";

import { type ReactNode, useEffect, useState } from "react";
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

/** Where things are dropped. While it is shown, a file that is dropped beside it is not taken: the browser would leave the page for it. */
export function DropFrame({ text, hint, onDrop, children }: DropFrameProps) {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    window.addEventListener("dragover", refuseBeside);
    window.addEventListener("drop", refuseBeside);
    return () => {
      window.removeEventListener("dragover", refuseBeside);
      window.removeEventListener("drop", refuseBeside);
    };
  }, []);
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

/** Text that is dragged into a field goes its way; what the frame takes has had its default prevented already. */
function refuseBeside(event: DragEvent): void {
  if (event.defaultPrevented || event.dataTransfer?.types.includes("Files") !== true) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "none";
}
