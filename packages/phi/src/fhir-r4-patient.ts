import type { DomainRules, Profile, VariableRule } from "./profile.ts";

const phi = (kind: VariableRule["kind"], hipaa: number | null, note = ""): VariableRule => ({ classification: "phi", hipaa, kind, note });
const administrative: VariableRule = { classification: "regulatory", hipaa: null, kind: "administrative", note: "" };

const table = (...groups: readonly (readonly [rule: VariableRule, names: string])[]): DomainRules =>
  Object.fromEntries(groups.flatMap(([rule, names]) => names.split(" ").map((name) => [name, rule] as const)));

const under = (path: string, names: string): string =>
  names
    .split(" ")
    .map((name) => `${path}.${name}`)
    .join(" ");

const HUMAN_NAME = "use text family given prefix suffix period.start period.end";
const ADDRESS = "use type text line city district state postalCode country period.start period.end";
const CONTACT_POINT = "system value use rank period.start period.end";
const IDENTIFIER = "use type.text type.coding.system type.coding.code type.coding.display system value period.start period.end";
const CODED = "text coding.system coding.version coding.code coding.display";

/**
 * FHIR R4 Patient, version 1. What isn't listed – references, extensions, contained resources, the narrative – is PHI. It takes a patient's
 * study number from the identifier of one system, and the site from the reference to the managing organisation; an organisation whose
 * sources say it otherwise changes the profile.
 */
export const fhirR4Patient: Profile = {
  id: "fhir-r4-patient",
  version: 1,
  title: "FHIR R4 Patient",
  source: "fhir-r4",
  binding: {
    domain: "PATIENT",
    subject: { path: "identifier", system: "urn:sallyport:subject", prefix: "" },
    site: { path: "managingOrganization.reference", system: null, prefix: "Organization/" },
  },
  domains: {
    PATIENT: table(
      [administrative, "meta.versionId meta.profile language active communication.preferred managingOrganization.type"],
      [
        { ...administrative, note: "the site, which is a site of ours" },
        "managingOrganization.reference managingOrganization.identifier.system managingOrganization.identifier.value",
      ],
      [phi("date", 3, "when the record was last changed: a date about one person"), "meta.lastUpdated"],
      [phi("identifier", 18, "the source's own number of this person"), "id"],
      [phi("identifier", 18, "a number that is one person's; which one, its system says"), under("identifier", IDENTIFIER)],
      [phi("name", 1), `${under("name", HUMAN_NAME)} ${under("contact.name", HUMAN_NAME)}`],
      [phi("contact", 4, "telephone, fax, e-mail or address of a page"), `${under("telecom", CONTACT_POINT)} ${under("contact.telecom", CONTACT_POINT)}`],
      [phi("place", 2), `${under("address", ADDRESS)} ${under("contact.address", ADDRESS)}`],
      [phi("date", 3), "birthDate deceasedDateTime contact.period.start contact.period.end"],
      [phi("person", null, "tells people apart together with others"), "gender contact.gender multipleBirthBoolean multipleBirthInteger"],
      [phi("clinical", null, "about one person's health"), "deceasedBoolean"],
      [phi("person", null), `${under("maritalStatus", CODED)} ${under("communication.language", CODED)} ${under("contact.relationship", CODED)}`],
      [phi("image", 17), under("photo", "contentType language data url size hash title creation")],
      [phi("free_text", null, "the narrative: may hold any identifier"), "text.status text.div"],
    ),
  },
};
