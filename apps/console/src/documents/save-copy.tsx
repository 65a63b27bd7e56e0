"use client";

import { useEffect, useRef, useState } from "react";
import { toFailure, WireFailure } from "../api/wire-failure.ts";
import { Button } from "../components/button.tsx";
import { Refusal } from "../components/refusal.tsx";
import { saveFile } from "../components/save-file.ts";
import { bytesText } from "../packets/packet-text.ts";
import { copyName, type Kind, type ShownVersion } from "./document-kinds.ts";

interface SaveCopyProps {
  readonly kind: Kind;
  readonly documentId: string;
  readonly version: ShownVersion;
  /** Once a copy was handed to the browser. */
  readonly onSaved?: () => void;
}

/**
 * Saves a copy. What is on the page came to be looked at; a copy to take away is fetched anew, as a download, so that each piece is on record as that, and one
 * that may no longer be read isn't saved either.
 */
export function SaveCopy({ kind, documentId, version, onSaved }: SaveCopyProps) {
  const running = useRef<AbortController | null>(null);
  const [bytes, setBytes] = useState<number | null>(null);
  const [failure, setFailure] = useState<WireFailure | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  async function save(): Promise<void> {
    const own = new AbortController();
    running.current = own;
    setFailure(null);
    setBytes(0);
    try {
      const { fetchDocument } = await import("./fetch-document.ts");
      const { file, sha256 } = await fetchDocument({ documentId, kind, version, purpose: "download" }, { signal: own.signal, onBytes: setBytes });
      if (own.signal.aborted) return;
      if (sha256 !== version.sha256) throw new WireFailure("phi.integrity");
      saveFile(file, copyName(documentId, version));
      onSaved?.();
    } catch (error) {
      if (!own.signal.aborted) setFailure(toFailure(error));
    } finally {
      setBytes(null);
    }
  }

  return (
    <>
      <Button isPending={bytes !== null} onPress={() => void save()}>
        Save a copy
      </Button>
      {bytes !== null && (
        <output className="quiet numeral">
          {bytesText(bytes)} of {bytesText(version.bytes)}
        </output>
      )}
      {failure !== null && <Refusal failure={failure} isInline />}
    </>
  );
}
