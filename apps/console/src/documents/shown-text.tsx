"use client";

import { useEffect, useRef, useState } from "react";
import { Button } from "../components/button.tsx";
import { Skeleton } from "../components/states.tsx";
import { WideFrame } from "../components/wide-frame.tsx";
import { exactParts, textPage, textPages } from "./exact-text.ts";

/** A text to the letter: what wouldn't be seen, or would turn how the rest is read, is shown by its number. */
export function ExactText({ className, text }: { readonly className: string; readonly text: string }) {
  return (
    <pre className={className}>
      {exactParts(text).map((part, at) =>
        part.isMark ? (
          <span key={`${at}`} className="text-mark">
            {part.text}
          </span>
        ) : (
          part.text
        ),
      )}
    </pre>
  );
}

/** A document's text, page by page. `onWhole` is told once every page of it was on the screen. */
export function ShownText({ file, onWhole }: { readonly file: Blob; readonly onWhole: (isWhole: boolean) => void }) {
  const pages = textPages(file.size);
  const seen = useRef(new Set<number>());
  const [at, setAt] = useState(0);
  const [page, setPage] = useState<{ readonly at: number; readonly text: string | null } | null>(null);

  useEffect(() => {
    let isGone = false;
    textPage(file, at).then(
      (text) => {
        if (isGone) return;
        setPage({ at, text });
        seen.current.add(at);
        if (seen.current.size === pages) onWhole(true);
      },
      () => {
        if (!isGone) setPage({ at, text: null });
      },
    );
    return () => {
      isGone = true;
    };
  }, [file, at, pages, onWhole]);

  return (
    <>
      {pages > 1 && (
        <div className="form-acts text-pages">
          <Button isDisabled={at === 0} onPress={() => setAt(at - 1)}>
            Part before
          </Button>
          <output className="numeral">
            Part {at + 1} of {pages}
          </output>
          <Button isDisabled={at === pages - 1} onPress={() => setAt(at + 1)}>
            Next part
          </Button>
        </div>
      )}
      {page?.at !== at && <Skeleton lines={8} label="Reading the text" />}
      {page?.at === at && page.text === null && (
        <p role="alert" className="advice">
          <strong>This part isn&apos;t shown:</strong> it isn&apos;t text in UTF-8. Save the copy and open it in a reader of your own.
        </p>
      )}
      {page?.at === at && page.text !== null && (
        <WideFrame label="The document's text">
          <ExactText className="document-text" text={page.text} />
        </WideFrame>
      )}
    </>
  );
}
