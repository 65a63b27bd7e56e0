import { COLUMNS, type Dictionary, type ReportFacts, type ReportRow } from "./report-facts.ts";

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
const list = (lines: readonly string[]): string => `<ul>${lines.map((line) => `<li>${escape(line)}</li>`).join("")}</ul>`;

/** Loads nothing and runs nothing; printed, each page has its number and the excerpt's digest. */
const STYLE = `
@page { size: A4 landscape; margin: 14mm; @bottom-right { content: "Page " counter(page) " of " counter(pages); font: 8pt sans-serif; } @bottom-left { content: "SHA-256 DIGEST"; font: 7pt monospace; } }
body { font: 10pt/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; color: #16181d; }
h1 { font-size: 1.6rem; } dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.5rem; } dt { color: #555b66; } dd { margin: 0; overflow-wrap: anywhere; }
.cover { break-after: page; } table { border-collapse: collapse; width: 100%; font-size: 8pt; } thead { display: table-header-group; }
th, td { text-align: left; vertical-align: top; padding: .25rem .4rem; border-bottom: 1px solid #c9cdd4; overflow-wrap: anywhere; } tr { break-inside: avoid; }
@media print { body { margin: 0; max-width: none; } }
`;

/** A report as one HTML file, piece by piece. @param dictionary - Asked for behind the rows, of whose words it is. */
export async function* htmlReport(
  { title, facts, proves, doesNotProve, sha256 }: ReportFacts,
  rows: AsyncIterable<ReportRow>,
  dictionary: () => Dictionary,
): AsyncGenerator<string> {
  yield `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title><style>${STYLE.replace("DIGEST", sha256)}</style></head><body>\n`;
  yield `<section class="cover"><h1>${escape(title)}</h1><dl>${facts.map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`).join("")}</dl>`;
  yield `<h2>This proves</h2>${list(proves)}<h2>This doesn't prove</h2>${list(doesNotProve)}`;
  yield `<p>This page is a reading of the export with the digest above. The export itself is what verifies: <code>sallyport verify</code>, or the page /verify.</p></section>\n`;
  yield `<table><thead><tr>${COLUMNS.map((name) => `<th scope="col">${name}</th>`).join("")}</tr></thead><tbody>\n`;
  for await (const row of rows) yield `<tr>${row.map((cell) => `<td>${escape(cell)}</td>`).join("")}</tr>\n`;
  yield "</tbody></table>\n";
  yield `<section><h2>What the words mean</h2><dl>${dictionary()
    .map(([word, meaning]) => `<dt>${escape(word)}</dt><dd>${escape(meaning)}</dd>`)
    .join("")}</dl></section></body></html>\n`;
}
