import { z } from "zod";
import { IncidentId } from "./incidents.ts";
import { ChainName, Count, IsoTime } from "./primitives.ts";
import { strict } from "./strict.ts";

export const AlertId = z.string().regex(/^alr_[0-9a-hjkmnp-tv-z]{26}$/);
const RouteName = z.string();

/** One alert, and whom it has reached. */
export const AlertSummary = z.strictObject({
  alertId: AlertId,
  /** Of docs/spec/alert-v1.md. */
  kind: z.string(),
  chain: ChainName,
  about: z.string(),
  at: IsoTime,
  deliveries: z.array(
    z.strictObject({
      route: RouteName,
      state: z.enum(["waiting", "delivered", "given_up"]),
      attempts: Count,
      /** Of the last try; null before it. */
      triedAt: IsoTime.nullable(),
      /** Code of the last try's failure, or null. */
      failure: z.string().nullable(),
    }),
  ),
});

export const ListAlertsInput = strict({ incidentId: IncidentId.optional(), limit: z.int().min(1).max(100).default(50) });
export const ListAlertsOutput = strict({
  /** Where alerts go, as this node is set up; `failure`: why the last try there failed, or null. */
  routes: z.array(z.strictObject({ name: RouteName, kind: z.enum(["webhook", "mail"]), triedAt: IsoTime.nullable(), failure: z.string().nullable() })),
  /** Newest first. */
  alerts: z.array(AlertSummary),
});

export const TestAlertsInput = strict({});
/** The alert that is on its way, and to where. */
export const TestAlertsOutput = strict({ alertId: AlertId, routes: z.array(RouteName) });
