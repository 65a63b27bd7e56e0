import { ROLE_NAME } from "@sallyport/policy/role-name";
import { endFault } from "../components/local-time.ts";
import { SITE_ID, STUDY_ID } from "../studies/study-text.ts";
import { ANOTHER } from "./starter-roles.ts";

export const DAYS_MAX = 90;
const DAY_MS = 86_400_000;

/** What somebody asks for: a role at a place until a time. An empty site is the whole study. */
export interface AccessDraft {
  /** One of the roles that are offered, or {@link ANOTHER}, which `otherRole` names. */
  readonly role: string | null;
  readonly otherRole: string;
  readonly study: string;
  readonly site: string;
  readonly until: string;
}

/** The role that a draft names; null where it names none. */
export function roleOf({ role, otherRole }: AccessDraft): string | null {
  const name = role === ANOTHER ? otherRole.trim() : role;
  return name !== null && ROLE_NAME.test(name) ? name : null;
}

/** What is missing of a draft, field by field. */
export function accessFaults(draft: AccessDraft, now: Date): Partial<Record<keyof AccessDraft, string>> {
  const until = endFault(draft.until, { after: now, by: new Date(now.getTime() + DAYS_MAX * DAY_MS), isNeeded: true });
  return {
    ...(draft.role === null && { role: "Choose a role." }),
    ...(draft.role === ANOTHER && roleOf(draft) === null && { otherRole: "The role's name: small letters and underscores." }),
    ...(!STUDY_ID.test(draft.study) && { study: "The study as its files name it." }),
    ...(draft.site !== "" && !SITE_ID.test(draft.site) && { site: "The site's id, or nothing for the whole study." }),
    ...(until !== null && { until: until === "It has to be earlier." ? `At most ${DAYS_MAX} days from now.` : until }),
  };
}
