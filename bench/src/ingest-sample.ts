import type { FieldValue } from "@sallyport/phi";

/** A dataset to be brought in, and its rows for the baselines. */
export interface IngestSample {
  readonly domain: "DM" | "VS";
  readonly variables: readonly string[];
  readonly rows: readonly (readonly FieldValue[])[];
  /** The file, as Dataset-JSON 1.1 in lines. */
  readonly text: string;
}

export interface SampleSite {
  readonly site: string;
  readonly country: string;
}

const TEXT = "string";
const DM = {
  STUDYID: TEXT,
  DOMAIN: TEXT,
  USUBJID: TEXT,
  SUBJID: TEXT,
  RFSTDTC: "date",
  RFENDTC: "date",
  SITEID: TEXT,
  AGE: "integer",
  AGEU: TEXT,
  SEX: TEXT,
  RACE: TEXT,
  ETHNIC: TEXT,
  ARMCD: TEXT,
  ARM: TEXT,
  COUNTRY: TEXT,
  DMDY: "integer",
};
const VS = {
  STUDYID: TEXT,
  DOMAIN: TEXT,
  USUBJID: TEXT,
  VSSEQ: "integer",
  VSTESTCD: TEXT,
  VSTEST: TEXT,
  VSPOS: TEXT,
  VSORRES: TEXT,
  VSORRESU: TEXT,
  VSSTRESN: "double",
  VSLOC: TEXT,
  VISITNUM: "double",
  VISIT: TEXT,
  EPOCH: TEXT,
  VSDTC: "date",
  VSDY: "integer",
};

/** Invented subjects of a study, from this number on, over its sites in turn. */
export function demographics(study: string, sites: readonly SampleSite[], from: number, count: number): IngestSample {
  const rows = Array.from({ length: count }, (_, at) => {
    const { site, country } = sites[at % sites.length] ?? { site: "", country: "" };
    const subject = subjectOf(from + at);
    return [
      study,
      "DM",
      `${study}-${subject}`,
      subject,
      "2031-02-03",
      "2031-08-01",
      site,
      40 + (at % 40),
      "YEARS",
      at % 2 === 0 ? "F" : "M",
      "ASIAN",
      "NOT HISPANIC OR LATINO",
      "Act",
      "Active",
      country,
      -7,
    ];
  });
  return sampleOf("DM", DM, rows);
}

/** Measurements of these subjects, so many of each. */
export function vitalSigns(study: string, from: number, count: number, perSubject: number): IngestSample {
  const rows = Array.from({ length: count * perSubject }, (_, at) => {
    const seq = (at % perSubject) + 1;
    const subject = `${study}-${subjectOf(from + Math.floor(at / perSubject))}`;
    return [
      study,
      "VS",
      subject,
      seq,
      "SYSBP",
      "Systolic Blood Pressure",
      "STANDING",
      String(100 + (at % 50)),
      "mmHg",
      100 + (at % 50),
      "ARM",
      Math.ceil(seq / 4),
      `WEEK ${Math.ceil(seq / 4)}`,
      "TREATMENT",
      "2031-02-10",
      8,
    ];
  });
  return sampleOf("VS", VS, rows);
}

const subjectOf = (number: number): string => String(number).padStart(7, "0");

function sampleOf(domain: IngestSample["domain"], types: Readonly<Record<string, string>>, rows: readonly (readonly FieldValue[])[]): IngestSample {
  const keys: Readonly<Record<string, number>> = { STUDYID: 1, USUBJID: 2, [`${domain}SEQ`]: 3 };
  const head = {
    datasetJSONCreationDateTime: "2031-09-01T00:00:00",
    datasetJSONVersion: "1.1.0",
    itemGroupOID: `IG.${domain}`,
    studyOID: "BENCH",
    records: rows.length,
    name: domain,
    label: domain,
    columns: Object.entries(types).map(([name, dataType]) => ({
      itemOID: `IT.${domain}.${name}`,
      name,
      label: name,
      dataType,
      ...(keys[name] !== undefined && { keySequence: keys[name] }),
    })),
  };
  return { domain, variables: Object.keys(types), rows, text: [head, ...rows].map((line) => JSON.stringify(line)).join("\n") };
}
