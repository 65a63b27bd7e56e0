/** Names of SDTM domains (SDTMIG 3.2, §2.6 and Appendix): what a person reads beside the two letters. */
const domains: Readonly<Record<string, string>> = {
  AE: "Adverse events",
  CE: "Clinical events",
  CM: "Concomitant medications",
  CO: "Comments",
  DA: "Drug accountability",
  DM: "Demographics",
  DS: "Disposition",
  DV: "Protocol deviations",
  EG: "Electrocardiogram",
  EX: "Exposure",
  IE: "Inclusion and exclusion criteria not met",
  LB: "Laboratory results",
  MH: "Medical history",
  PATIENT: "Patient",
  PE: "Physical examination",
  QS: "Questionnaires",
  SC: "Subject characteristics",
  SE: "Subject elements",
  SU: "Substance use",
  SV: "Subject visits",
  VS: "Vital signs",
};

/** Labels of the demographics variables (SDTMIG 3.2, §5.1). */
const demographics: Readonly<Record<string, string>> = {
  STUDYID: "Study",
  DOMAIN: "Domain",
  USUBJID: "Unique subject",
  SUBJID: "Subject in the study",
  RFSTDTC: "Reference start",
  RFENDTC: "Reference end",
  RFXSTDTC: "First exposure",
  RFXENDTC: "Last exposure",
  RFICDTC: "Informed consent",
  RFPENDTC: "End of participation",
  DTHDTC: "Date of death",
  DTHFL: "Subject died",
  SITEID: "Site",
  INVID: "Investigator",
  INVNAM: "Investigator's name",
  BRTHDTC: "Date of birth",
  AGE: "Age",
  AGEU: "Age unit",
  SEX: "Sex",
  RACE: "Race",
  ETHNIC: "Ethnicity",
  ARMCD: "Planned arm, code",
  ARM: "Planned arm",
  ACTARMCD: "Actual arm, code",
  ACTARM: "Actual arm",
  COUNTRY: "Country",
  DMDTC: "Collected",
  DMDY: "Study day of collection",
};

/** Domains with one record a subject, which bind it to its site. */
export const BINDING_DOMAINS: ReadonlySet<string> = new Set(["DM", "PATIENT"]);

/** A field's domain and its variable, which may be a path with dots of its own. */
export function partsOf(field: string): readonly [domain: string, variable: string] {
  const dot = field.indexOf(".");
  return [field.slice(0, Math.max(dot, 0)), field.slice(dot + 1)];
}

/** A domain's name; its letters where the standard's list of names doesn't reach. */
export const domainTitle = (domain: string): string => domains[domain] ?? domain;

/** A variable's label, where it is known. */
export const variableLabel = (domain: string, variable: string): string | null => (domain === "DM" ? (demographics[variable] ?? null) : null);
