/** A role at a site, at all sites of a study (`site: "*"`), or over the whole deployment. */
export interface ProfileAssignment {
  readonly role: string;
  readonly study: string;
  readonly site: string;
}

/** A local service profile: a workload identity on this host, for one service principal. */
export interface Profile {
  /** The folder's name, and the last part of the SPIFFE ID `…/service/<name>`. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly assignments: readonly ProfileAssignment[];
}

export const PILOT_STUDY = "CDISCPILOT01";
export const DEMO_STUDY = "SYN-001";

const atBoth = (role: string): readonly ProfileAssignment[] => [PILOT_STUDY, DEMO_STUDY].map((study) => ({ role, study, site: "*" }));

/** Which local profile has which role at which sites: the least that each needs. */
export const LOCAL_PROFILES: readonly Profile[] = [
  { name: "ingest", title: "Local ingestion service", assignments: atBoth("ingestion_service") },
  { name: "steward", title: "Local data steward", assignments: atBoth("data_steward") },
  { name: "reviewer", title: "Local clinical reviewer", assignments: atBoth("clinical_reviewer") },
  { name: "regulatory", title: "Local regulatory reviewer", assignments: atBoth("regulatory_reviewer") },
  { name: "auditor", title: "Local auditor", assignments: [{ role: "auditor", study: "*", site: "*" }] },
  {
    name: "engineer",
    title: "Local engineer",
    assignments: [
      { role: "clinical_reviewer", study: DEMO_STUDY, site: "*" },
      { role: "ingestion_service", study: DEMO_STUDY, site: "*" },
    ],
  },
];

/**
 * The workload that `sallyport login` calls with: it carries people's tokens and has no rights of its own, so it is no service
 * principal, and every deployment has it.
 */
export const TERMINAL_PROFILE = "terminal";

/** The principal id of a profile. */
export const principalOf = (profile: string): string => `svc_${profile.replaceAll("-", "_")}`;
