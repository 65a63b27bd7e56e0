import { createHash } from "node:crypto";
import { DEMO_STUDY } from "./profiles.ts";

/** A site of a study to be registered. */
export interface SiteEntry {
  readonly id: string;
  readonly name: string;
  readonly country: string;
}

export const DEMO_SITES: readonly SiteEntry[] = [
  { id: "101", name: "Demonstration site 101", country: "USA" },
  { id: "102", name: "Demonstration site 102", country: "DEU" },
  { id: "103", name: "Demonstration site 103", country: "JPN" },
];

const SUBJECTS_PER_SITE = 8;
const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(2024, 0, 8);

const ITEMS = [
  ["STUDYID", "Study Identifier", "string", 12],
  ["DOMAIN", "Domain Abbreviation", "string", 2],
  ["USUBJID", "Unique Subject Identifier", "string", 40],
  ["SUBJID", "Subject Identifier for the Study", "string", 8],
  ["RFSTDTC", "Subject Reference Start Date/Time", "string", 10],
  ["RFENDTC", "Subject Reference End Date/Time", "string", 10],
  ["SITEID", "Study Site Identifier", "string", 3],
  ["AGE", "Age", "integer", 8],
  ["AGEU", "Age Units", "string", 6],
  ["SEX", "Sex", "string", 1],
  ["RACE", "Race", "string", 78],
  ["ETHNIC", "Ethnicity", "string", 25],
  ["ARMCD", "Planned Arm Code", "string", 8],
  ["ARM", "Description of Planned Arm", "string", 20],
  ["ACTARMCD", "Actual Arm Code", "string", 8],
  ["ACTARM", "Description of Actual Arm", "string", 20],
  ["COUNTRY", "Country", "string", 3],
  ["DMDTC", "Date/Time of Collection", "string", 10],
  ["DMDY", "Study Day of Collection", "integer", 8],
] as const;

const KEY_SEQUENCE: Readonly<Record<string, number>> = { STUDYID: 1, USUBJID: 2 };
const RACES = ["WHITE", "BLACK OR AFRICAN AMERICAN", "ASIAN", "AMERICAN INDIAN OR ALASKA NATIVE"] as const;
const ETHNICITIES = ["NOT HISPANIC OR LATINO", "HISPANIC OR LATINO"] as const;
const ARMS = [
  ["Pbo", "Placebo"],
  ["Act", "Active"],
] as const;

/** The demonstration study's demographics. */
export const demoDataset = (): string => syntheticDataset(DEMO_STUDY, DEMO_SITES, SUBJECTS_PER_SITE);

/**
 * A study's demographics as Dataset-JSON 1.0 text: invented people, the same at every call.
 * Ages, dates and the rest are drawn from a digest of the subject's number, so they resemble nobody.
 */
export function syntheticDataset(study: string, sites: readonly SiteEntry[], subjectsPerSite: number): string {
  const rows = sites.flatMap((site, index) => Array.from({ length: subjectsPerSite }, (_, n) => subjectRow(study, site, index * subjectsPerSite + n + 1)));
  const items = [
    { OID: "ITEMGROUPDATASEQ", name: "ITEMGROUPDATASEQ", label: "Record identifier", type: "integer" },
    ...ITEMS.map(([name, label, type, length]) => ({
      OID: `IT.DM.${name}`,
      name,
      label,
      type,
      length,
      ...(KEY_SEQUENCE[name] !== undefined && { keySequence: KEY_SEQUENCE[name] }),
    })),
  ];
  return JSON.stringify({
    creationDateTime: "2024-06-03T09:00:00",
    datasetJSONVersion: "1.0.0",
    fileOID: `${study}.DM`,
    clinicalData: {
      studyOID: study,
      metaDataVersionOID: `MDV.${study}`,
      itemGroupData: { DM: { records: rows.length, name: "DM", label: "Demographics", items, itemData: rows.map((row, index) => [index + 1, ...row]) } },
    },
  });
}

function subjectRow(study: string, site: SiteEntry, number: number): readonly (string | number)[] {
  const draw = createHash("sha256").update(`sallyport demonstration subject ${number}`).digest();
  const of = <T>(from: readonly T[], byte: number): T => from[(draw[byte] ?? 0) % from.length] as T;
  const startMs = FIRST_DAY_MS + (draw.readUInt16BE(0) % 90) * DAY_MS;
  const screeningDays = 1 + ((draw[2] ?? 0) % 14);
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  const subject = String(1000 + number);
  const [armCode, arm] = of(ARMS, 3);
  return [
    study,
    "DM",
    `${study}-${site.id}-${subject}`,
    subject,
    day(startMs),
    day(startMs + (28 + ((draw[4] ?? 0) % 150)) * DAY_MS),
    site.id,
    21 + ((draw[5] ?? 0) % 60),
    "YEARS",
    of(["F", "M"], 6),
    of(RACES, 7),
    of(ETHNICITIES, 8),
    armCode,
    arm,
    armCode,
    arm,
    site.country,
    day(startMs - screeningDays * DAY_MS),
    -screeningDays,
  ];
}
