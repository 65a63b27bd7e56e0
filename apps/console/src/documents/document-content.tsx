"use client";

import dynamic from "next/dynamic";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { toFailure, type WireFailure } from "../api/wire-failure.ts";
import { Button } from "../components/button.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Skeleton } from "../components/states.tsx";
import { bytesText } from "../packets/packet-text.ts";
import { type Kind, replaceable, type ShownDocument, type ShownVersion } from "./document-kinds.ts";
import type { FetchedDocument } from "./fetch-document.ts";
import { SaveCopy } from "./save-copy.tsx";
import { ShownText } from "./shown-text.tsx";

const SignDialog = dynamic(async () => (await import("./sign-dialog.tsx")).SignDialog, { ssr: false });
// What draws a PDF is long, and comes with the first one that is opened.
const PdfViewer = dynamic(async () => (await import("../pdf/pdf-viewer.tsx")).PdfViewer, { ssr: false, loading: () => <Skeleton lines={8} label="Loading the reader" /> });

type Reading =
  | { readonly phase: "closed" }
  | { readonly phase: "fetching"; readonly bytes: number }
  | { readonly phase: "failed"; readonly failure: WireFailure }
  | { readonly phase: "open"; readonly fetched: FetchedDocument };

interface ContentProps {
  readonly kind: Kind;
  readonly document: ShownDocument;
  readonly version: ShownVersion;
  readonly isCurrent: boolean;
}

/** How what is signed stands to what is seen. */
const SHOWN_AS: Readonly<Record<ShownVersion["mediaType"], string>> = {
  "application/pdf": " Below they are drawn by this page; what you sign is exactly these bytes, however a reader draws them.",
  "application/xml": "",
  "application/zip": " Save the copy and open it in a reader of your own: what you sign is exactly these bytes.",
};

/** A version's content: fetched when it is asked for, held against its digest, shown where it is text or a PDF, saved otherwise; then it can be signed. */
export function DocumentContent({ kind, document, version, isCurrent }: ContentProps) {
  const client = useQueryClient();
  const running = useRef<AbortController | null>(null);
  const [reading, setReading] = useState<Reading>({ phase: "closed" });
  const [isSigning, setSigning] = useState(false);
  /** Whether all of it was on the screen. What wasn't can be signed by whoever says that they read the copy they saved. */
  const [isWhole, setWhole] = useState(false);
  useEffect(() => () => running.current?.abort(), []);

  async function open(): Promise<void> {
    running.current?.abort();
    const own = new AbortController();
    running.current = own;
    const put = (next: Reading): void => {
      if (running.current === own) setReading(next);
    };
    setWhole(false);
    put({ phase: "fetching", bytes: 0 });
    try {
      // What digests comes with the first document that is opened.
      const { fetchDocument } = await import("./fetch-document.ts");
      const fetched = await fetchDocument(
        { documentId: document.documentId, kind, version, purpose: "view" },
        { signal: own.signal, onBytes: (bytes) => put({ phase: "fetching", bytes }) },
      );
      put({ phase: "open", fetched });
      // The api knows now that all of it was handed out.
      await client.invalidateQueries({ queryKey: [kind.get] });
    } catch (error) {
      put({ phase: "failed", failure: toFailure(error) });
    }
  }

  if (reading.phase === "fetching") {
    return (
      <div className="document-content">
        <progress className="progress" aria-label="How much has come" max={version.bytes} value={reading.bytes} />
        <span className="quiet numeral">
          {bytesText(reading.bytes)} of {bytesText(version.bytes)}
        </span>
      </div>
    );
  }
  if (reading.phase !== "open") {
    return (
      <div className="document-content">
        {reading.phase === "failed" && <Refusal failure={reading.failure} isInline />}
        <Button kind="primary" aria-label={`Open version ${version.version}`} onPress={() => void open()}>
          Open it
        </Button>
        <span className="quiet">What you open is on record, piece by piece.</span>
      </div>
    );
  }
  const { fetched } = reading;
  if (fetched.sha256 !== version.sha256) {
    return (
      <p role="alert" className="faults">
        What came is not what is on record: its SHA-256 is {fetched.sha256}. Nothing of it is shown. Tell a security administrator.
      </p>
    );
  }
  const isSignable = isCurrent && document.maySign && kind.type === "ectd_sequence";
  return (
    <div className="document-content">
      <p>
        All {version.bytes.toLocaleString("en-GB")} bytes came, and their SHA-256, made in this browser, is the one above.
        {SHOWN_AS[version.mediaType]}
      </p>
      {version.mediaType === "application/xml" && <ShownText file={fetched.file} onWhole={setWhole} />}
      {version.mediaType === "application/pdf" && <PdfViewer file={fetched.file} onWhole={setWhole} />}
      <div className="form-acts">
        <SaveCopy kind={kind} documentId={document.documentId} version={version} />
        {isSignable && (
          <Button kind="primary" onPress={() => setSigning(true)}>
            Sign it
          </Button>
        )}
      </div>
      {isSigning && (
        <SignDialog kind={kind} documentId={document.documentId} version={version} isWhole={isWhole} earlier={replaceable(document)} onClose={() => setSigning(false)} />
      )}
    </div>
  );
}
