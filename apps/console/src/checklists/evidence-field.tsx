"use client";

import { useEffect, useRef, useState } from "react";
import { Button } from "../components/button.tsx";
import { bytesText } from "../packets/packet-text.ts";
import { digestFile, type FileDigest } from "../upload/digest-file.ts";
import { FileButton } from "../upload/drop-area.tsx";

/** What was taken of the file: nothing where none was chosen. */
export type Taken = FileDigest | "reading" | null;

type Look =
  | { readonly state: "none" }
  | { readonly state: "unreadable" }
  | { readonly state: "reading" | "taken"; readonly name: string; readonly size: number; readonly read: number };

/** A file that was kept, taken by its digest. It is read here, and sent nowhere. */
export function EvidenceField({ onTaken }: { readonly onTaken: (taken: Taken) => void }) {
  const reading = useRef<AbortController | null>(null);
  const [look, setLook] = useState<Look>({ state: "none" });
  useEffect(
    () => () => {
      reading.current?.abort();
      // Whoever leaves the form takes nothing along.
      onTaken(null);
    },
    [onTaken],
  );
  const drop = (next: Look = { state: "none" }) => {
    reading.current?.abort();
    setLook(next);
    onTaken(null);
  };
  const take = (file: File) => {
    drop({ state: "reading", name: file.name, size: file.size, read: 0 });
    onTaken("reading");
    const mine = (reading.current = new AbortController());
    const about = { name: file.name, size: file.size };
    digestFile(file, (read) => setLook({ state: "reading", ...about, read }), mine.signal).then(
      (digest) => {
        if (mine.signal.aborted) return;
        setLook({ state: "taken", ...about, read: file.size });
        onTaken(digest);
      },
      () => {
        if (!mine.signal.aborted) drop({ state: "unreadable" });
      },
    );
  };
  return (
    <fieldset className="evidence-choice">
      <legend className="field-label">A file that was kept (optional)</legend>
      {(look.state === "none" || look.state === "unreadable") && (
        <div>
          <FileButton label="Choose the file" accept="" isOne onFiles={([file]) => file !== undefined && take(file)} />
        </div>
      )}
      {(look.state === "reading" || look.state === "taken") && (
        <div className="evidence-file">
          <span>
            {look.name}, {bytesText(look.size)}
          </span>
          {look.state === "reading" && <progress className="progress" aria-label="Read" max={Math.max(1, look.size)} value={look.read} />}
          <Button kind="quiet" onPress={() => drop()}>
            Leave it out
          </Button>
        </div>
      )}
      {look.state === "unreadable" && (
        <p role="alert" className="field-error">
          The browser couldn&rsquo;t read the file, and nothing was taken of it. Choose it again.
        </p>
      )}
      <p className="field-hint">Its SHA-256 and its length go on record, by which anybody can tell it later. It is read here and sent nowhere; its name isn&rsquo;t recorded.</p>
    </fieldset>
  );
}
