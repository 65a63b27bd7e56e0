import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { htmlReport } from "./html-report.ts";
import { pdfReport } from "./pdf-report.ts";
import type { ReportFacts, ReportRow } from "./report-facts.ts";

const facts: ReportFacts = {
  title: "Excerpt of an audit trail",
  facts: [
    ["Deployment", "dabcdefghijkl"],
    ["By", 'Zażółć <b>"Ada"</b> & Привет'],
  ],
  proves: ["Each of them."],
  doesNotProve: ["All of them."],
  sha256: "ab".repeat(32),
};
const rowOf = (n: number): ReportRow => [
  "2026-01-02 03:04:05.000Z",
  "2026-01-02 04:04:05",
  `Łukasz & <i>${n}</i>`,
  "subject.list",
  "subjects",
  "STUDY/701",
  "allow",
  `site:STUDY/701 1/${n}`,
];
async function* rows(count: number): AsyncGenerator<ReportRow> {
  for (let n = 1; n <= count; n += 1) yield rowOf(n);
}

const WORDS = [["subject.list", "Subjects were <b>listed</b>."]] as const;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-report-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a report in HTML holds every record, and nothing of a value becomes markup", async () => {
  let html = "";
  for await (const piece of htmlReport(facts, rows(3), () => WORDS)) html += piece;
  expect(html.match(/<tr>/g)).toHaveLength(4);
  expect(html).not.toMatch(/<b>|<i>|<script/);
  expect(html).toContain("&#60;b&#62;&#34;Ada&#34;&#60;/b&#62; &#38; Привет");
  expect(html).toContain(`content: "SHA-256 ${facts.sha256}"`);
  expect(html).toContain("<dt>subject.list</dt><dd>Subjects were &#60;b&#62;listed&#60;/b&#62;.</dd>");
  expect(html).toContain("default-src 'none'");
});

test("a report in PDF has as many pages as it says, however long its rows are", async () => {
  const file = join(folder, "report.pdf");
  const long = async function* (): AsyncGenerator<ReportRow> {
    yield* rows(120);
    yield rowOf(121).map((cell) => `${cell} `.repeat(6));
  };
  const pages = await pdfReport(facts, { rows: long, dictionary: () => WORDS }, createWriteStream(file));
  const bytes = readFileSync(file, "latin1");
  expect(bytes.startsWith("%PDF-")).toBe(true);
  expect(bytes.match(/\/Type \/Page\n/g)).toHaveLength(pages);
  expect(pages).toBeGreaterThan(4);
  expect(bytes).toContain(`SHA-256 ${facts.sha256}`);
});
