import { z } from "zod";
import { AssignmentSummary } from "./people.ts";
import { strict } from "./strict.ts";
import { Day, IsoTime, SiteId, StudyId } from "./primitives.ts";

export const ListStudiesInput = strict({});
export const ListStudiesOutput = strict({
  studies: z.array(
    z.strictObject({
      study: StudyId,
      title: z.string(),
      profile: z.string(),
      /** The first day on which its data may be destroyed; null where nobody has said: then none of it may. */
      retainedUntil: Day.nullable(),
      sites: z.array(z.strictObject({ site: SiteId, name: z.string(), country: z.string(), closedAt: IsoTime.nullable() })),
    }),
  ),
});

export const MyAccessInput = strict({});
/** What the caller may do now, and where. */
export const MyAccessOutput = strict({
  principal: z.string(),
  workload: z.string(),
  kind: z.enum(["service", "person"]),
  policy: z.string(),
  assignments: z.array(AssignmentSummary),
  grants: z.array(z.strictObject({ role: z.string(), action: z.string(), resource: z.string(), rule: z.string() })),
});
