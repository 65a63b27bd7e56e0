import { createWriteStream, existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { verdictLines, verifyExport } from "@sallyport/audit";
import { exportReader } from "@sallyport/audit/bundle-folder";
import { plainJson, SallyportError } from "@sallyport/errors";
import { type Command, optionText, report as say } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { optionKey } from "../option-key.ts";
import { htmlReport } from "../report/html-report.ts";
import { dictionaryOf, factsOf, namesIn, type ReportSource, rowsIn } from "../report/report-facts.ts";
import { vocabulary } from "../vocabulary.ts";
import { UsageError } from "../usage-error.ts";

/** `sallyport report`: an excerpt, or the bundle of a chain, as people read it. */
export const report: Command = {
  usage: "report EXCERPT|BUNDLE --out FILE.html|FILE.pdf [--key sha256:HEX] [--zone ZONE]",
  help: [
    "Verifies an excerpt or a bundle's folder, and writes it as a document to read or print: a cover that says what it is and what it proves, then every record,",
    "its time in UTC and in a zone (this machine's unless --zone names one, Europe/Warsaw, say), with the excerpt's digest, or that of the bundle's manifest,",
    "and a number on each page, and what the acts and reasons mean that the records name. It needs no network, no database and no secret. What doesn't verify isn't made into a document.",
  ].join("\n"),
  options: { out: { type: "string" }, key: { type: "string" }, zone: { type: "string" } },
  takes: [1, 1],
  run: async (invocation) => {
    const [named = ""] = invocation.positionals;
    const [out, key] = [optionText(invocation, "out"), optionKey(invocation)];
    if (out === undefined || !/\.(?:html|pdf)$/.test(out)) throw new UsageError(`--out takes a file that ends in .html or .pdf. usage: sallyport ${report.usage}`);
    const zone = zoneOf(optionText(invocation, "zone"));
    const { workingDir } = invocation.settings;
    const [path, target] = [resolve(workingDir, named), resolve(workingDir, out)];
    if (existsSync(target)) throw new SallyportError("file.exists");
    const reader = await exportReader(path);
    const verdict = await verifyExport(reader, key === undefined ? {} : { fingerprint: key });
    if (!verdict.whole) {
      say(invocation, plainJson(verdict), verdictLines(verdict));
      return EXIT.failed;
    }
    const source: ReportSource = { reader, file: verdict.isExcerpt === true ? basename(path) : null, verdict, zone };
    const names = await namesIn(source);
    const facts = await factsOf(source, names);
    const used = new Set<string>();
    const body = { rows: () => rowsIn(source, names, used), dictionary: () => dictionaryOf(used, vocabulary) };
    const part = `${target}.part`;
    try {
      const stream = createWriteStream(part, { flags: "wx" });
      // Its fonts and layout are loaded by who wants a PDF alone.
      if (out.endsWith(".pdf")) await (await import("../report/pdf-report.ts")).pdfReport(facts, body, stream);
      else await pipeline(Readable.from(htmlReport(facts, body.rows(), body.dictionary)), stream);
      await rename(part, target);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    say(invocation, plainJson({ file: target, records: verdict.records, sha256: facts.sha256, reads: verdict.reads }), [
      `${verdict.records} records are in ${target}`,
      verdict.reads,
    ]);
    return EXIT.done;
  },
};

function zoneOf(named: string | undefined): string {
  const zone = named ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    throw new UsageError("--zone takes the name of a time zone, Europe/Warsaw, say");
  }
}
