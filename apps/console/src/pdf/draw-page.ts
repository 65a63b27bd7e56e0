import { AnnotationMode, TextLayer } from "pdfjs-dist/legacy/build/pdf.mjs";
import type { OpenPage } from "./open-pdf.ts";
import { ratioOf } from "./page-layout.ts";
import { faultOf, PdfFault, type PdfFaultKind } from "./pdf-fault.ts";
import { within } from "./within.ts";

const DRAW_MS = 60_000;

/** What became of a page: why it isn't drawn, or what of it is missing. */
export interface Drawn {
  readonly fault: PdfFaultKind | null;
  /** Whether a picture or a font of it, or one that several pages share, couldn't be read and is left out. */
  readonly isLacking: boolean;
  /** Whether there is text on it that can be read out and selected. */
  readonly hasText: boolean;
}

/** Where a page is drawn. */
export interface Sheet {
  readonly canvas: HTMLCanvasElement;
  /** Takes the page's text, laid over the picture. */
  readonly text: HTMLElement;
}

// The library keeps null for a picture that can't be read, and for a font what went wrong with it; it then leaves it out without a word.
const lacks = (objects: Iterable<unknown>): boolean => [...objects].some((entry) => Array.isArray(entry) && (entry[1] === null || typeof entry[1] === "string"));

/**
 * Draws a page, with what its annotations look like and no more of them, and lays its text over it.
 * @param scale - CSS pixels to a point.
 * @returns null where the signal was given first.
 */
export async function drawPage({ page, isCutOff }: OpenPage, { canvas, text }: Sheet, scale: number, signal: AbortSignal): Promise<Drawn | null> {
  const viewport = page.getViewport({ scale });
  const ratio = ratioOf(viewport, globalThis.devicePixelRatio);
  canvas.width = Math.max(1, Math.floor(viewport.width * ratio));
  canvas.height = Math.max(1, Math.floor(viewport.height * ratio));
  const drawing = page.render({ canvas, viewport, transform: [ratio, 0, 0, ratio, 0, 0], annotationMode: AnnotationMode.ENABLE });
  const stop = (): void => drawing.cancel();
  signal.addEventListener("abort", stop);
  try {
    await within(DRAW_MS, drawing.promise);
    if (isCutOff()) throw new PdfFault("unreadable");
    const content = await within(DRAW_MS, page.getTextContent());
    if (signal.aborted) return null;
    text.replaceChildren();
    text.lang = content.lang ?? "";
    await within(DRAW_MS, new TextLayer({ textContentSource: content, container: text, viewport }).render());
    const hasText = content.items.some((item) => "str" in item && item.str.trim() !== "");
    return signal.aborted ? null : { fault: null, isLacking: lacks(page.objs) || lacks(page.commonObjs), hasText };
  } catch (error) {
    if (signal.aborted) return null;
    drawing.cancel();
    canvas.width = 0;
    text.replaceChildren();
    return { fault: faultOf(error).kind, isLacking: false, hasText: false };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
