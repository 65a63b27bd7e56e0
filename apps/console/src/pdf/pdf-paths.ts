/** Where a page's PDF reader comes from, and what it may ask for. All of it is served by this console, and nothing by anybody else. */
export const PDF_WORKER = "/pdf/worker.mjs";
/** What its worker imports for pictures in JPEG 2000. */
export const PDF_DECODERS = "/pdf/decoders/";
/** What the codes of a font mean that doesn't say so itself. */
export const PDF_CMAPS = "/pdf/cmaps/";
/** The fonts that a PDF may take for granted. */
export const PDF_FONTS = "/pdf/fonts/";
