import { once } from "node:events";
import { createRequire } from "node:module";
import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import PDFDocument from "pdfkit";
import { COLUMNS, type Dictionary, type ReportFacts, type ReportRow } from "./report-facts.ts";

const require = createRequire(import.meta.url);
/** Names are in many scripts; the fonts that every PDF reader has are in one. */
const FONT = require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf");
const BOLD = require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf");
const MARGIN = 36;
/** Widths of the columns in points; together an A4 page on its side without its margins. */
const WIDTHS = [88, 78, 130, 84, 128, 80, 90, 91] as const;
const FOOT = 24;
const GAP = 5;

/** What follows the cover: the records, read anew each time, and then what their words mean. */
interface ReportBody {
  readonly rows: () => AsyncIterable<ReportRow>;
  readonly dictionary: () => Dictionary;
}

/** A report as a PDF, page by page: a cover, then the records, then the words that they use, each page with its number and the excerpt's digest. */
class PdfReport {
  readonly #doc: PDFKit.PDFDocument;
  readonly #facts: ReportFacts;
  readonly #pages: number;
  #page = 0;
  #y = 0;

  /** @param pages - How many there will be; 0 where they are only counted. */
  constructor(facts: ReportFacts, pages: number) {
    this.#facts = facts;
    this.#pages = pages;
    this.#doc = new PDFDocument({ size: "A4", layout: "landscape", margin: MARGIN, autoFirstPage: false, info: { Title: facts.title, Subject: `SHA-256 ${facts.sha256}` } });
  }

  /** Writes it, and answers how many pages it has. */
  async write({ rows, dictionary }: ReportBody, out: Writable): Promise<number> {
    this.#doc.pipe(out);
    this.#cover();
    this.#tablePage();
    for await (const row of rows()) {
      this.#row(row);
      if (out.writableNeedDrain) await once(out, "drain");
    }
    this.#words(dictionary());
    this.#doc.end();
    await finished(out);
    return this.#page;
  }

  #addPage(): void {
    this.#doc.addPage();
    this.#page += 1;
    const { height, width } = this.#doc.page;
    const y = height - MARGIN + 8;
    this.#doc.page.margins.bottom = 0;
    this.#doc.font(FONT).fontSize(7);
    this.#doc.text(`SHA-256 ${this.#facts.sha256}`, MARGIN, y, { lineBreak: false });
    this.#doc.text(`Page ${this.#page} of ${this.#pages}`, MARGIN, y, { width: width - 2 * MARGIN, align: "right", lineBreak: false });
    this.#y = MARGIN;
  }

  #paragraph(text: string, { size = 9, isBold = false, indent = 0 } = {}): void {
    const width = this.#doc.page.width - 2 * MARGIN - indent;
    this.#doc.font(isBold ? BOLD : FONT).fontSize(size);
    const height = this.#doc.heightOfString(text, { width });
    if (this.#y + height > this.#bottom) this.#addPage();
    this.#doc
      .font(isBold ? BOLD : FONT)
      .fontSize(size)
      .text(text, MARGIN + indent, this.#y, { width });
    this.#y += height + GAP;
  }

  get #bottom(): number {
    return this.#doc.page.height - MARGIN - FOOT;
  }

  #cover(): void {
    const { title, facts, proves, doesNotProve } = this.#facts;
    this.#addPage();
    this.#paragraph(title, { size: 20, isBold: true });
    this.#y += GAP;
    for (const [name, value] of facts) this.#paragraph(`${name}: ${value}`, { size: 10 });
    for (const [heading, lines] of [
      ["This proves", proves],
      ["This doesn't prove", doesNotProve],
    ] as const) {
      this.#y += GAP;
      this.#paragraph(heading, { size: 12, isBold: true });
      for (const line of lines) this.#paragraph(`\u2022 ${line}`, { indent: 10 });
    }
    this.#paragraph("This document is a reading of the export with the digest below. The export itself is what verifies.");
  }

  #tablePage(): void {
    this.#addPage();
    this.#cells(COLUMNS, BOLD);
  }

  /** The last section. */
  #words(dictionary: Dictionary): void {
    this.#addPage();
    this.#paragraph("What the words mean", { size: 12, isBold: true });
    for (const [word, meaning] of dictionary) this.#paragraph(`${word}: ${meaning}`);
  }

  #row(row: ReportRow): void {
    if (this.#y + this.#heightOf(row, FONT) > this.#bottom) this.#tablePage();
    this.#cells(row, FONT);
  }

  #heightOf(row: ReportRow, font: string): number {
    this.#doc.font(font).fontSize(7);
    return Math.max(...row.map((cell, at) => this.#doc.heightOfString(cell, { width: (WIDTHS[at] ?? 0) - GAP })));
  }

  #cells(row: ReportRow, font: string): void {
    const height = this.#heightOf(row, font);
    let x = MARGIN;
    for (const [at, cell] of row.entries()) {
      const width = WIDTHS[at] ?? 0;
      this.#doc.text(cell, x, this.#y, { width: width - GAP });
      x += width;
    }
    this.#y += height + GAP;
    this.#doc
      .moveTo(MARGIN, this.#y - GAP / 2)
      .lineTo(x, this.#y - GAP / 2)
      .lineWidth(0.3)
      .strokeColor("#b5bac3")
      .stroke();
  }
}

/** Writes a report as a PDF. The records are read twice: how many pages there are stands on each. */
export async function pdfReport(facts: ReportFacts, body: ReportBody, out: Writable): Promise<number> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const pages = await new PdfReport(facts, 0).write(body, nowhere);
  return new PdfReport(facts, pages).write(body, out);
}
