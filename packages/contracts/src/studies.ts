import { z } from "zod";
import { Done } from "./people.ts";
import { Count, Print, Reason, SiteId, StudyId } from "./primitives.ts";
import { ProfileId } from "./profiles.ts";
import { strict } from "./strict.ts";

/** What a study or site is called, in print. */
const Title = Print(2, 200);

/** ISO 3166-1 alpha-3, as SDTM's COUNTRY has it. */
export const Country = z.string().regex(/^[A-Z]{3}$/);

export const NewSite = z.strictObject({ site: SiteId, name: Title, country: Country });

/** Registers a study with its sites, each named once. A study that is there is `registration.conflict`. */
export const RegisterStudyInput = strict({
  study: StudyId,
  title: Title,
  profile: ProfileId,
  sites: z.array(NewSite).min(1).max(500),
  reason: Reason,
});
export const RegisterStudyOutput = strict({ sites: Count });

/** Adds sites to a study: one, or as many as an import names. All of them or none. */
export const AddSitesInput = strict({ study: StudyId, sites: z.array(NewSite).min(1).max(500), reason: Reason });
export const AddSitesOutput = strict({ sites: Count });

export const ChangeStudyTitleInput = strict({ study: StudyId, title: Title, reason: Reason });
export const ChangeStudyTitleOutput = strict({ done: Done.shape.done });

/** Closes a site, or opens it again. At a closed site nothing new is uploaded or released; what is there stays readable. */
export const CloseSiteInput = strict({ study: StudyId, site: SiteId, reason: Reason });
export const CloseSiteOutput = strict({ done: Done.shape.done });
export const ReopenSiteInput = strict({ ...CloseSiteInput.shape });
