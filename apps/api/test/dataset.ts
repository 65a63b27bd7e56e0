const ITEMS = [
  ["STUDYID", "string", 12],
  ["DOMAIN", "string", 2],
  ["USUBJID", "string", 20],
  ["SUBJID", "string", 8],
  ["RFSTDTC", "string", 10],
  ["SITEID", "string", 3],
  ["AGE", "integer", 8],
  ["AGEU", "string", 6],
  ["SEX", "string", 1],
  ["RACE", "string", 78],
  ["ARMCD", "string", 8],
  ["ARM", "string", 20],
  ["COUNTRY", "string", 3],
] as const;

export const STUDY = "PILOT";

/** One invented subject. */
export interface Person {
  readonly site: string;
  readonly subject: string;
  readonly age?: number;
  /** Where the subject was when the identifier was given, which stays. */
  readonly enrolledAt?: string;
}

/** Demographics of invented people as Dataset-JSON 1.0 text, the columns declared as a sponsor's file declares them. */
export function demographics(people: readonly Person[]): string {
  const rows = people.map(({ site, subject, age = 40, enrolledAt = site }, at) => [
    at + 1,
    STUDY,
    "DM",
    `${STUDY}-${enrolledAt}-${subject}`,
    subject,
    "2024-02-01",
    site,
    age,
    "YEARS",
    "F",
    "WHITE",
    "Pbo",
    "Placebo",
    "USA",
  ]);
  const items = [
    { OID: "ITEMGROUPDATASEQ", name: "ITEMGROUPDATASEQ", label: "Record identifier", type: "integer" },
    ...ITEMS.map(([name, type, length]) => ({ OID: `IT.DM.${name}`, name, label: name, type, length })),
  ];
  return JSON.stringify({
    creationDateTime: "2024-06-03T09:00:00",
    datasetJSONVersion: "1.0.0",
    fileOID: `${STUDY}.DM`,
    clinicalData: {
      studyOID: STUDY,
      metaDataVersionOID: `MDV.${STUDY}`,
      itemGroupData: { DM: { records: rows.length, name: "DM", label: "Demographics", items, itemData: rows } },
    },
  });
}

/** Three people at site 701 and two at site 704. */
export const PEOPLE: readonly Person[] = [
  { site: "701", subject: "1015", age: 63 },
  { site: "701", subject: "1023", age: 64 },
  { site: "701", subject: "1028", age: 71 },
  { site: "704", subject: "1009", age: 58 },
  { site: "704", subject: "1017", age: 77 },
];
