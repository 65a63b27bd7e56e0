"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { Skeleton } from "../components/states.tsx";
import type { Drawn } from "./draw-page.ts";
import { type LeftOut, openPdf, type OpenPdf } from "./open-pdf.ts";
import { FULL_SIZE, zoomFrom } from "./page-layout.ts";
import { PdfBar } from "./pdf-bar.tsx";
import { FAULT_TEXT, faultOf, type PdfFaultKind } from "./pdf-fault.ts";
import { PdfPage } from "./pdf-page.tsx";
import { usePagesInSight } from "./use-pages-in-sight.ts";

type Opened = { readonly phase: "opening" } | { readonly phase: "fault"; readonly fault: PdfFaultKind } | { readonly phase: "open"; readonly pdf: OpenPdf };

interface PdfViewerProps {
  readonly file: Blob;
  /** Whether every page of it was drawn, with all that is on it, and it carries nothing beside its pages. */
  readonly onWhole: (isWhole: boolean) => void;
}

/** Draws a PDF of which all bytes are here. Nothing in it is run, followed or fetched. */
export function PdfViewer({ file, onWhole }: PdfViewerProps) {
  const [opened, setOpened] = useState<Opened>({ phase: "opening" });

  useEffect(() => {
    let isGone = false;
    let close = (): void => undefined;
    openPdf(file).then(
      (pdf) => {
        if (isGone) return pdf.close();
        close = pdf.close;
        setOpened({ phase: "open", pdf });
      },
      (error: unknown) => {
        if (!isGone) setOpened({ phase: "fault", fault: faultOf(error).kind });
      },
    );
    return () => {
      isGone = true;
      close();
    };
  }, [file]);

  if (opened.phase === "opening") return <Skeleton lines={8} label="Reading the PDF" />;
  if (opened.phase === "open") return <PdfPages pdf={opened.pdf} onWhole={onWhole} />;
  return (
    <p role="alert" className="advice">
      <strong>This PDF isn't shown.</strong> {FAULT_TEXT[opened.fault]} Save the copy and open it in a reader of your own.
    </p>
  );
}

/** What the file carries that isn't here to be seen, in sentences. */
function leftOutText({ files, scripts, layers }: LeftOut): string {
  return [
    files > 0 && `It carries ${files === 1 ? "a file, which isn't" : `${files} files, which aren't`} opened here.`,
    scripts && "It has scripts, of which none runs here.",
    layers > 0 && `It has ${layers === 1 ? "a layer that is" : `${layers} layers that are`} off, and not drawn.`,
  ]
    .filter((each) => each !== false)
    .join(" ");
}

const pagesText = (pages: readonly number[]): string => `${pages.length === 1 ? "page" : "pages"} ${pages.map((at) => at + 1).join(", ")}`;

function PdfPages({ pdf, onWhole }: { readonly pdf: OpenPdf; readonly onWhole: PdfViewerProps["onWhole"] }) {
  const frame = useRef<HTMLElement>(null);
  const whole = useRef(new Set<number>());
  const [zoom, setZoom] = useState<number | null>(null);
  const [lacking, setLacking] = useState<readonly number[]>([]);
  const { boxes, height, first, last, current, learn, goTo } = usePagesInSight(frame, { pages: pdf.pages, size: pdf.size, zoom });
  // Whoever reads scrolls it: the keyboard has to reach it.
  useEffect(() => {
    if (frame.current !== null) frame.current.tabIndex = 0;
  }, []);
  const leftOut = leftOutText(pdf.leftOut);
  const noteDrawn = useCallback(
    (at: number, { fault, isLacking }: Drawn) => {
      const lacks = isLacking || fault !== null;
      if (lacks) whole.current.delete(at);
      else whole.current.add(at);
      onWhole(leftOut === "" && whole.current.size === pdf.pages);
      setLacking((before) => (before.includes(at) === lacks ? before : lacks ? [...before, at].toSorted((a, b) => a - b) : before.filter((each) => each !== at)));
    },
    [onWhole, leftOut, pdf.pages],
  );

  const shown = (boxes[current]?.scale ?? FULL_SIZE) / FULL_SIZE;
  const drawn = boxes.slice(first, last + 1);
  return (
    <div className="pdf">
      {leftOut !== "" && <p className="quiet">{leftOut}</p>}
      <output>
        {lacking.length > 0 && (
          <span className="advice pdf-notice">
            <strong>Not all of it is drawn:</strong> something on {pagesText(lacking)} can't be read here. Save the copy to see all of it before you sign.
          </span>
        )}
      </output>
      <PdfBar
        page={current + 1}
        pages={pdf.pages}
        zoom={shown}
        onPage={(page) => goTo(page - 1)}
        onZoom={(direction) => setZoom(direction === "fit" ? null : zoomFrom(shown, direction))}
      />
      <section ref={frame} className="pdf-frame" aria-label="The document's pages">
        <div className="pdf-list" style={{ height: `${height}px`, minWidth: `${Math.max(0, ...drawn.map(({ width }) => width))}px` }}>
          {drawn.map((box, index) => (
            <PdfPage key={first + index} pdf={pdf} at={first + index} box={box} onSize={learn} onDrawn={noteDrawn} />
          ))}
        </div>
      </section>
    </div>
  );
}
