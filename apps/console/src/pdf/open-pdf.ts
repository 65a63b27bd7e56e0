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
const CLOSE_MS = 1000;
/** What the library calls the end of a stream by a failure. */
const STREAM_FAILED = 5;

/** What a PDF carries that is neither drawn nor run here. */
export interface LeftOut {
  readonly files: number;
  readonly scripts: boolean;
  /** Layers that are off by default. */
  readonly layers: number;
}

/** A page that can be drawn. */
export interface OpenPage {
  readonly page: PDFPageProxy;
  /** Whether what is on it could be read only in part: what was drawn isn't all of it. */
  readonly isCutOff: () => boolean;
}

/** A PDF whose pages can be drawn. */
export interface OpenPdf {
  readonly pages: number;
  /** Of its first page, and what the others are taken to be until they are read. */
  readonly size: Size;
  readonly leftOut: LeftOut;
  /** A page, from 1. @throws PdfFault where it can't be had. */
  readonly page: (number: number) => Promise<OpenPage>;
  /** Ends its worker, and with it all that is under way; takes its fonts out of the page. */
  readonly close: () => void;
}

/** How large a page is as it is to be read: turned, and in its own unit. */
export function sizeOf(page: PDFPageProxy): Size {
  const { width, height } = page.getViewport({ scale: 1 });
  return { width, height };
}

/** What the library sends its worker where it asks for a page, and what comes back. */
interface Asked {
  readonly action: string;
  readonly streamId: number;
  readonly data: { readonly pageIndex: number };
}
interface Answered {
  readonly stream?: number;
  readonly streamId: number;
}

async function leftOutOf(pdf: PDFDocumentProxy): Promise<LeftOut> {
  const [files, scripts, layers] = await Promise.all([pdf.getAttachments(), pdf.hasJSActions(), pdf.getOptionalContentConfig()]);
  return { files: Object.keys(files ?? {}).length, scripts, layers: [...layers].filter(([, group]) => !(group as { readonly visible: boolean }).visible).length };
}

/**
 * The pages, from 0, of which reading broke off. The library begins to draw before a page is read whole: where the rest fails, it ends the
 * drawing as if it were done, and tells nobody. So what it sends its worker, and gets from it, is followed. What failed stays so: a page that is
 * drawn anew may be drawn from what was read before.
 * @param worker - Before the library has it, so that this hears of a failure first.
 */
function cutOffPages(worker: Worker): ReadonlySet<number> {
  const asked = new Map<number, number>();
  const cutOff = new Set<number>();
  const post = worker.postMessage.bind(worker);
  worker.postMessage = (message: Asked, options?: Transferable[] | StructuredSerializeOptions) => {
    if (message.action === "GetOperatorList") asked.set(message.streamId, message.data.pageIndex);
    post(message, Array.isArray(options) ? { transfer: options } : options);
  };
  worker.addEventListener("message", ({ data }: MessageEvent<Answered>) => {
    const page = data.stream === STREAM_FAILED ? asked.get(data.streamId) : undefined;
    if (page !== undefined) cutOff.add(page);
  });
  return cutOff;
}

async function read(file: Blob, worker: Worker): Promise<OpenPdf> {
  const broken = new Promise<never>((_, reject) => {
    worker.addEventListener("error", () => reject(new PdfFault("away")));
  });
  const data = new Uint8Array(await file.arrayBuffer());
  const cutOff = cutOffPages(worker);
  const task = getDocument({
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
  const pdf = await within(OPEN_MS, Promise.race([task.promise, broken]));
  if (pdf.numPages === 0) throw new PdfFault("empty");
  if (pdf.numPages > PAGES_MAX) throw new PdfFault("large");
  const [first, leftOut] = await within(OPEN_MS, Promise.race([Promise.all([pdf.getPage(1), leftOutOf(pdf)]), broken]));
  return {
    pages: pdf.numPages,
    size: sizeOf(first),
    leftOut,
    page: async (number) => ({ page: await within(OPEN_MS, Promise.race([pdf.getPage(number), broken])), isCutOff: () => cutOff.has(number - 1) }),
    close: () => {
      const end = (): void => worker.terminate();
      within(CLOSE_MS, task.destroy()).then(end, end);
    },
  };
}

/**
 * Opens a PDF from bytes that are here already, in a worker of its own.
 * @throws PdfFault, with why it can't be shown.
 */
export async function openPdf(file: Blob): Promise<OpenPdf> {
  if (file.size > BYTES_MAX) throw new PdfFault("large");
  const worker = new Worker(PDF_WORKER, { type: "module" });
  try {
    return await read(file, worker);
  } catch (error) {
    worker.terminate();
    throw faultOf(error);
  }
}
