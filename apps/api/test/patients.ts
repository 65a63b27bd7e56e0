import { STUDY } from "./dataset.ts";

/** One invented patient. */
export interface PatientOf {
  readonly site: string;
  readonly subject: string;
  readonly family?: string;
  readonly birthDate?: string;
}

/** Patients as FHIR bulk data has them: one resource a line. */
export const patients = (people: readonly PatientOf[]): string =>
  people
    .map(({ site, subject, family = "Example", birthDate = "1980-02-03" }) =>
      JSON.stringify({
        resourceType: "Patient",
        id: `p-${subject}`,
        identifier: [
          { system: "urn:example:mrn", value: `MRN-${subject}` },
          { system: "urn:sallyport:subject", value: `${STUDY}-${subject}` },
        ],
        active: true,
        name: [{ family, given: ["Ada", "B"] }],
        birthDate,
        managingOrganization: { reference: `Organization/${site}` },
      }),
    )
    .join("\n");
