import { processId, serviceId } from "@sallyport/zones";
import { DEMO_STUDY, LOCAL_PROFILES, PILOT_STUDY, principalOf, type Profile, type ProfileAssignment } from "./profiles.ts";
import { DEMO_SITES, type SiteEntry } from "./synthetic-study.ts";

/** A study to be registered with its sites. */
export interface StudyEntry {
  readonly id: string;
  readonly title: string;
  readonly profile: string;
  readonly sites: readonly SiteEntry[];
}

/** What `api setup` takes on its standard input. */
export interface FoundingPlan {
  readonly studies: readonly StudyEntry[];
  readonly principals: readonly {
    readonly id: string;
    readonly name: string;
    readonly kind: "service";
    readonly workload: string;
    readonly assignments: readonly ProfileAssignment[];
  }[];
}

/** The sites of the CDISC pilot study; there is no 712. */
const PILOT_SITES: readonly SiteEntry[] = [701, 702, 703, 704, 705, 706, 707, 708, 709, 710, 711, 713, 714, 715, 716, 717, 718].map((number) => ({
  id: String(number),
  name: `Site ${number}`,
  country: "USA",
}));

/** The egress process: it hands over what was submitted, whatever it was submitted of. */
const egressPrincipal = (trustDomain: string): FoundingPlan["principals"][number] => ({
  id: principalOf("egress"),
  name: "Egress process",
  kind: "service",
  workload: processId(trustDomain, "egress"),
  assignments: [{ role: "egress_service", study: "*", site: "*" }],
});

/** Makes the plan for studies and profiles in one trust domain. */
export function foundingPlan(trustDomain: string, studies: readonly StudyEntry[], profiles: readonly Profile[]): FoundingPlan {
  return {
    studies,
    principals: [
      ...profiles.map(({ name, title, assignments }) => ({ id: principalOf(name), name: title, kind: "service" as const, workload: serviceId(trustDomain, name), assignments })),
      egressPrincipal(trustDomain),
    ],
  };
}

/** The plan of a first start with `SALLYPORT_SEED=synthetic`: a small study, whose subjects are brought in once the api is up, and the pilot's sites without any. */
export function syntheticPlan(trustDomain: string): FoundingPlan {
  const studies: StudyEntry[] = [
    { id: DEMO_STUDY, title: "Sallyport demonstration study", profile: "cdisc-sdtm", sites: DEMO_SITES },
    { id: PILOT_STUDY, title: "CDISC pilot study 01", profile: "cdisc-sdtm", sites: PILOT_SITES },
  ];
  return foundingPlan(trustDomain, studies, LOCAL_PROFILES);
}
