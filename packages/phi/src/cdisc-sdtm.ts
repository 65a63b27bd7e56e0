import type { Profile, VariableRule } from "./profile.ts";

const open: VariableRule = { classification: "public", hipaa: null, kind: "administrative", note: "" };
const regulatory: VariableRule = { classification: "regulatory", hipaa: null, kind: "administrative", note: "" };
const clinical: VariableRule = { classification: "phi", hipaa: null, kind: "clinical", note: "about one person's health" };
const person: VariableRule = { classification: "phi", hipaa: null, kind: "person", note: "tells people apart together with others" };
const freeText: VariableRule = { classification: "phi", hipaa: null, kind: "free_text", note: "free text: may hold any identifier" };
const subject: VariableRule = { classification: "phi", hipaa: 18, kind: "identifier", note: "a number that is one person's" };
const date: VariableRule = { classification: "phi", hipaa: 3, kind: "date", note: "a date about one person, finer than a year" };
const age: VariableRule = { classification: "phi", hipaa: 3, kind: "age", note: "ages over 89 are identifiers" };
const device: VariableRule = { classification: "phi", hipaa: 13, kind: "device", note: "may be a device's number" };
const treatment: VariableRule = { classification: "treatment", hipaa: null, kind: "treatment", note: "would unblind" };
const investigator: VariableRule = { classification: "regulatory", hipaa: null, kind: "investigator", note: "names an investigator, not a subject" };

const table = (...groups: readonly (readonly [rule: VariableRule, names: string])[]): Readonly<Record<string, VariableRule>> =>
  Object.fromEntries(groups.flatMap(([rule, names]) => names.split(" ").map((name) => [name, rule] as const)));

/**
 * CDISC SDTM, version 1: the variables of DM in full, those of the domains that follow it as far as they occur, and in
 * every domain the ones that name a subject or an arm. What is missing here is PHI.
 */
export const cdiscSdtm: Profile = {
  id: "cdisc-sdtm",
  version: 1,
  title: "CDISC SDTM in Dataset-JSON",
  source: "dataset-json",
  binding: {
    domain: "DM",
    subject: { path: "USUBJID", system: null, prefix: "" },
    site: { path: "SITEID", system: null, prefix: "" },
  },
  domains: {
    "*": table(
      [open, "DOMAIN RDOMAIN"],
      [regulatory, "STUDYID SITEID EPOCH VISITNUM VISIT TAETORD"],
      [subject, "USUBJID SUBJID SPDEVID"],
      [treatment, "ARM ARMCD ACTARM ACTARMCD ARMNRS ACTARMUD TRT01P TRT01A TRTP TRTA ETCD ELEMENT"],
    ),
    DM: table(
      [date, "RFSTDTC RFENDTC RFXSTDTC RFXENDTC RFCSTDTC RFCENDTC RFICDTC RFPENDTC DTHDTC BRTHDTC DMDTC"],
      [age, "AGE AGETXT"],
      [open, "AGEU"],
      [person, "SEX RACE ETHNIC"],
      [clinical, "DTHFL DMDY"],
      [investigator, "INVID INVNAM"],
      [{ ...regulatory, kind: "place", note: "a country is larger than the subdivisions that identify" }, "COUNTRY"],
    ),
    AE: table(
      [regulatory, "AESEQ AEGRPID"],
      [{ ...subject, note: "a sponsor's number may be one person's" }, "AEREFID AESPID AELNKID"],
      [freeText, "AETERM AEMODIFY"],
      [
        clinical,
        "AELLT AELLTCD AEDECOD AEPTCD AEHLT AEHLTCD AEHLGT AEHLGTCD AEBODSYS AEBDSYCD AESOC AESOCCD AECAT AESCAT AELOC AESEV AESER AEACN AEREL AEOUT AESCAN AESCONG AESDISAB AESDTH AESHOSP AESLIFE AESOD AESMIE AECONTRT AETOXGR AEDY AESTDY AEENDY AEENRTPT",
      ],
      [date, "AEDTC AESTDTC AEENDTC AEENTPT"],
    ),
    DS: table(
      [regulatory, "DSSEQ DSCAT DSSCAT"],
      [{ ...subject, note: "a sponsor's number may be one person's" }, "DSREFID DSSPID DSLNKID"],
      [freeText, "DSTERM"],
      [clinical, "DSDECOD DSDY DSSTDY"],
      [date, "DSDTC DSSTDTC"],
    ),
    SV: table([regulatory, "VISITDY"], [clinical, "SVSTDY SVENDY"], [date, "SVSTDTC SVENDTC"], [freeText, "SVUPDES"]),
    VS: table(
      [regulatory, "VSSEQ VSTESTCD VSTEST VSORRESU VSSTRESU VSREPNUM"],
      [clinical, "VSPOS VSORRES VSSTRESC VSSTRESN VSSTAT VSLOC VSLOBXFL VSBLFL VSDY"],
      [freeText, "VSREASND"],
      [date, "VSDTC"],
    ),
    EX: table(
      [regulatory, "EXSEQ"],
      [treatment, "EXTRT EXDOSE EXDOSU EXDOSFRM EXDOSFRQ EXROUTE EXLOT EXCAT EXSCAT EXVAMT EXVAMTU"],
      [clinical, "EXSTDY EXENDY"],
      [date, "EXSTDTC EXENDTC"],
    ),
    DI: table([device, "DIVAL DIPARM DIPARMCD"]),
    SUPPDM: table([regulatory, "IDVAR QNAM QLABEL QORIG QEVAL"], [freeText, "QVAL IDVARVAL"]),
    SUPPAE: table([regulatory, "IDVAR QNAM QLABEL QORIG QEVAL"], [freeText, "QVAL IDVARVAL"]),
    TS: table([regulatory, "TSSEQ TSGRPID TSPARMCD TSPARM TSVAL TSVALNF TSVALCD TSVCDREF TSVCDVER"]),
  },
};
