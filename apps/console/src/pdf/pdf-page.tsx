"use client";

import { type CSSProperties, useEffect, useRef, useState } from "react";
import { drawPage, type Drawn } from "./draw-page.ts";
import { type OpenPdf, sizeOf } from "./open-pdf.ts";
import type { Size } from "./page-layout.ts";
import { FAULT_TEXT, faultOf } from "./pdf-fault.ts";
import type { Box } from "./use-pages-in-sight.ts";

interface PageProps {
  readonly pdf: OpenPdf;
  /** From 0. */
  readonly at: number;
  readonly box: Box;
  readonly onSize: (at: number, size: Size) => void;
  readonly onDrawn: (at: number, drawn: Drawn) => void;
}

/** One page, drawn while it is in sight or next to it. */
export function PdfPage({ pdf, at, box: { scale, top, width, height }, onSize, onDrawn }: PageProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const text = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState<Drawn | null>(null);

  useEffect(() => {
    const gone = new AbortController();
    const sheet = { canvas: canvas.current, text: text.current };
    async function draw(): Promise<void> {
      const open = await pdf.page(at + 1);
      if (gone.signal.aborted || sheet.canvas === null || sheet.text === null) return;
      onSize(at, sizeOf(open.page));
      const next = await drawPage(open, { canvas: sheet.canvas, text: sheet.text }, scale, gone.signal);
      if (next === null) return;
      setDrawn(next);
      onDrawn(at, next);
    }
    draw().catch((error: unknown) => {
      if (gone.signal.aborted) return;
      const failed: Drawn = { fault: faultOf(error).kind, isLacking: false, hasText: false };
      setDrawn(failed);
      onDrawn(at, failed);
    });
    return () => gone.abort();
  }, [pdf, at, scale, onSize, onDrawn]);

  useEffect(
    () => () => {
      pdf.page(at + 1).then(
        ({ page }) => page.cleanup(),
        () => undefined,
      );
    },
    [pdf, at],
  );

  const fault = drawn?.fault ?? null;
  // Measured by the library in this unit.
  const unit = { "--total-scale-factor": scale } as CSSProperties;
  return (
    <section
      className="pdf-page"
      aria-label={`Page ${at + 1} of ${pdf.pages}`}
      aria-busy={drawn === null}
      style={{ ...unit, top: `${top}px`, width: `${width}px`, height: `${height}px` }}
    >
      <canvas ref={canvas} className="pdf-canvas" aria-hidden="true" />
      <div ref={text} className="pdf-text" />
      {fault !== null && <p className="pdf-page-fault">This page couldn't be drawn. {fault === "unreadable" ? "Something on it can't be read here." : FAULT_TEXT[fault]}</p>}
      {fault === null && drawn?.hasText === false && <p className="visually-hidden">There is no text on this page that could be read out: it is a picture, or empty.</p>}
    </section>
  );
}
