import { z } from "zod";
import { SiteId, StudyId } from "./primitives.ts";

/** The plan of a first registration: studies, sites and service principals. */
export const SetupPlan = z.strictObject({
  studies: z
    .array(
      z.strictObject({
        id: StudyId,
        title: z.string().min(1).max(200),
        profile: z.string().regex(/^[a-z][a-z0-9-]{1,39}$/),
        sites: z
          .array(z.strictObject({ id: SiteId, name: z.string().min(1).max(100), country: z.string().length(3) }))
          .min(1)
          .max(2000),
      }),
    )
    .max(100),
  principals: z
    .array(
      z.strictObject({
        id: z.string().regex(/^svc_[a-z0-9_]{2,40}$/),
        name: z.string().min(1).max(100),
        kind: z.literal("service"),
        workload: z.string().regex(/^spiffe:\/\/[a-z0-9.-]+\/(?:service\/[a-z0-9-]{1,40}|zone\/egress\/egress)$/),
        assignments: z.array(z.strictObject({ role: z.string(), study: z.union([StudyId, z.literal("*")]), site: z.union([SiteId, z.literal("*")]) })).max(50),
      }),
    )
    .max(500),
});
export type SetupPlan = z.infer<typeof SetupPlan>;
