import type { Option } from "../components/choice.tsx";

/** By this id a role is named in words of one's own. */
export const ANOTHER = "another";

/** Roles that a policy begins with, for who may not see those of the policy in force. Asking tells nobody which there are. */
export const STARTER_ROLES: readonly Option[] = [
  { id: "site_coordinator", text: "site_coordinator", about: "Uploads packets of their sites; approves and releases nothing." },
  { id: "data_steward", text: "data_steward", about: "Releases or rejects what others uploaded." },
  { id: "clinical_reviewer", text: "clinical_reviewer", about: "Reviews subjects' data, masked until revealed, blinded to treatment." },
  { id: "regulatory_coordinator", text: "regulatory_coordinator", about: "Keeps regulatory documents and submits eCTD sequences." },
  { id: "regulatory_reviewer", text: "regulatory_reviewer", about: "Reviews and signs submissions and reads the PHI that they rest on." },
  { id: "authorized_signer", text: "authorized_signer", about: "Signs eCTD sequences." },
  { id: "auditor", text: "auditor", about: "Reads, verifies and exports the trail; sees who opened what, never the data." },
  { id: "key_custodian", text: "key_custodian", about: "Rotates keys." },
  { id: "security_admin", text: "security_admin", about: "Administers principals, workloads, roles and studies." },
];
