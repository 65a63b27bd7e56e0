import { getDocument, type PDFDocumentProxy, type PDFPageProxy, PDFWorker, VerbosityLevel } from "pdfjs-dist/legacy/build/pdf.mjs";
import { faultOf, PdfFault } from "./pdf-fault.ts";
import { PDF_CMAPS, PDF_DECODERS, PDF_FONTS, PDF_WORKER } from "./pdf-paths.ts";
import type { Size } from "./page-layout.ts";
import { within } from "./within.ts";

const OPEN_MS = 60_000;
/** What is longer is read by the person's own reader: the whole file is held in memory here. */
const BYTES_MAX = 268_435_456;
const PAGES_MAX = 5000;
/** One picture may have so many pixels; a page with a larger one isn't drawn. */
const PICTURE_PIXELS_MAX = 67_108_864;

/** What a PDF carries that is neither drawn nor run here. */
export interface LeftOut {
  readonly files: number;
  readonly scripts: boolean;
  /** Layers that are off by default. */
  readonly layers: number;
}

/** A PDF whose pages can be drawn. */
export interface OpenPdf {
  readonly pages: number;
  /** Of its first page, and what the others are taken to be until they are read. */
  readonly size: Size;
  readonly leftOut: LeftOut;
  /** A page, from 1. */
  readonly page: (number: number) => Promise<PDFPageProxy>;
  /** Ends its worker, and with it all that is under way. */
  readonly close: () => void;
}

/** How large a page is as it is to be read: turned, and in its own unit. */
export function sizeOf(page: PDFPageProxy): Size {
  const { width, height } = page.getViewport({ scale: 1 });
  return { width, height };
}

async function leftOutOf(pdf: PDFDocumentProxy): Promise<LeftOut> {
  const [files, scripts, layers] = await Promise.all([pdf.getAttachments(), pdf.hasJSActions(), pdf.getOptionalContentConfig()]);
  return { files: Object.keys(files ?? {}).length, scripts, layers: [...layers].filter(([, group]) => !(group as { readonly visible: boolean }).visible).length };
}

async function read(file: Blob, worker: Worker): Promise<Omit<OpenPdf, "close">> {
  const broken = new Promise<never>((_, reject) => {
    worker.addEventListener("error", () => reject(new PdfFault("away")));
  });
  const data = new Uint8Array(await file.arrayBuffer());
  const { promise } = getDocument({
    data,
    worker: PDFWorker.create({ port: worker, verbosity: VerbosityLevel.ERRORS }),
    verbosity: VerbosityLevel.ERRORS,
    // Nothing in it runs, nothing in it is an address, and what can't be read whole isn't drawn in part.
    isEvalSupported: false,
    enableXfa: false,
    stopAtErrors: true,
    maxImageSize: PICTURE_PIXELS_MAX,
    // What every reader has to have is drawn alike on every machine.
    useSystemFonts: false,
    // No binary becomes code in the worker, and it fetches nothing itself.
    useWasm: false,
    useWorkerFetch: false,
    wasmUrl: PDF_DECODERS,
    cMapUrl: PDF_CMAPS,
    standardFontDataUrl: PDF_FONTS,
  });
  const pdf = await within(OPEN_MS, Promise.race([promise, broken]));
  if (pdf.numPages === 0) throw new PdfFault("empty");
  if (pdf.numPages > PAGES_MAX) throw new PdfFault("large");
  const [first, leftOut] = await within(OPEN_MS, Promise.race([Promise.all([pdf.getPage(1), leftOutOf(pdf)]), broken]));
  return { pages: pdf.numPages, size: sizeOf(first), leftOut, page: async (number) => await pdf.getPage(number) };
}

/**
 * Opens a PDF from bytes that are here already, in a worker of its own.
 * @throws PdfFault, with why it can't be shown.
 */
export async function openPdf(file: Blob): Promise<OpenPdf> {
  if (file.size > BYTES_MAX) throw new PdfFault("large");
  const worker = new Worker(PDF_WORKER, { type: "module" });
  try {
    return { ...(await read(file, worker)), close: () => worker.terminate() };
  } catch (error) {
    worker.terminate();
    throw faultOf(error);
  }
}
