/** What else a PDF holds, each as PDF writes it. */
interface Beside {
  /** Entries of its catalogue. */
  readonly catalog?: string;
  /** Entries of every page. */
  readonly page?: string;
  /** Entries of every page's resources, and what is drawn on every page after its line. */
  readonly resources?: string;
  readonly content?: string;
  /** Objects that these entries name, the first by {@link FIRST_BESIDE}. */
  readonly objects?: readonly string[];
}

/** The number of the first object beside what the pages need. */
export const FIRST_BESIDE = 4;

const streamOf = (content: string): string => `<< /Length ${content.length} >>\nstream\n${content}\nendstream`;
const escaped = (text: string): string => text.replaceAll(/[\\()]/g, "\\$&");

/** A PDF with a line of text on each page, in a font that every reader has. */
export function printedPdf(lines: readonly string[], { catalog = "", page = "", resources = "", content = "", objects = [] }: Beside = {}): Buffer {
  const firstPage = FIRST_BESIDE + objects.length;
  const bodies = [
    `<< /Type /Catalog /Pages 2 0 R ${catalog} >>`,
    `<< /Type /Pages /Kids [${lines.map((_, at) => `${firstPage + 2 * at} 0 R`).join(" ")}] /Count ${lines.length} >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ...objects,
    ...lines.flatMap((line, at) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F 3 0 R >> ${resources} >> /Contents ${firstPage + 2 * at + 1} 0 R ${page} >>`,
      streamOf(`BT /F 24 Tf 72 720 Td (${escaped(line)}) Tj ET 72 700 400 2 re f ${content}`),
    ]),
  ];
  let pdf = "%PDF-1.7\n%\u00e2\u00e3\n";
  const places = bodies.map((body, at) => {
    const place = pdf.length;
    pdf += `${at + 1} 0 obj\n${body}\nendobj\n`;
    return place;
  });
  const rows = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  const size = bodies.length + 1;
  return Buffer.from(`${pdf}xref\n0 ${size}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${pdf.length}\n%%EOF\n`, "latin1");
}
