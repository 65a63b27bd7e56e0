import { cdiscSdtm } from "./cdisc-sdtm.ts";
import { fhirR4Patient } from "./fhir-r4-patient.ts";
import type { Profile } from "./profile.ts";
import { profileDigest } from "./profile-document.ts";

/** The profiles that come with the product, as every deployment has them from its first start with this version. */
export const shippedProfiles: readonly Profile[] = [cdiscSdtm, fhirR4Patient];

/** SHA-256 of their canonical bytes, lower-case hex: the profiles that the custodian signs without an approval, each once. */
export const shippedProfileDigests: readonly string[] = shippedProfiles.map(profileDigest);
