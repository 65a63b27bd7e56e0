import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PILOT } from "./pilot-study.ts";
import { ROOT } from "./program.ts";

const PUBLISHED = join(ROOT, "../shared/data/cdisc/AE.json");

const ITEMS = [
  ["STUDYID", "string", 12],
  ["DOMAIN", "string", 2],
  ["USUBJID", "string", 40],
  ["AESEQ", "integer", 8],
  ["AETERM", "string", 200],
  ["AESEV", "string", 10],
  ["AESTDTC", "string", 10],
] as const;

/** The pilot study's published adverse events, or null where they are not beside the repository. */
export const publishedEvents = (): string | null => (existsSync(PUBLISHED) ? readFileSync(PUBLISHED, "utf8") : null);

/** What the invented event of that number is called. */
export const eventTerm = (subject: string | number, sequence: number): string => `INVENTED EVENT ${sequence} OF ${subject}`;

/** Invented adverse events of these subjects as Dataset-JSON 1.0 text; the terms are as long as `padded` says. */
export function inventedEvents(subjects: readonly (string | number)[], perSubject: number, padded = 0): string {
  const rows = subjects.flatMap((subject) =>
    Array.from({ length: perSubject }, (_, index) => [PILOT, "AE", subject, index + 1, eventTerm(subject, index + 1).padEnd(padded, "."), "MILD", "2024-03-01"]),
  );
  const items = [
    { OID: "ITEMGROUPDATASEQ", name: "ITEMGROUPDATASEQ", label: "Record identifier", type: "integer" },
    ...ITEMS.map(([name, type, length]) => ({ OID: `IT.AE.${name}`, name, label: name, type, length })),
  ];
  return JSON.stringify({
    creationDateTime: "2024-06-03T09:00:00",
    datasetJSONVersion: "1.0.0",
    fileOID: `${PILOT}.AE`,
    clinicalData: {
      studyOID: PILOT,
      metaDataVersionOID: `MDV.${PILOT}`,
      itemGroupData: { AE: { records: rows.length, name: "AE", label: "Adverse Events", items, itemData: rows.map((row, index) => [index + 1, ...row]) } },
    },
  });
}
