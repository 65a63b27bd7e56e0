"use client";

import type { OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Skeleton } from "../components/states.tsx";

type Alert = OutputOf<"alerts.list">["alerts"][number];
type Delivery = Alert["deliveries"][number];

const WHAT: Readonly<Record<string, string>> = { "incident.opened": "That it was found", "incident.ended": "That it was ended" };

/** Who was told of an incident, and when; or that nobody could be. */
export function ToldSection({ incidentId }: { readonly incidentId: string }) {
  const told = useCall("alerts.list", { incidentId });
  return (
    <section aria-labelledby="told-title">
      <h3 id="told-title" className="part-title">
        Who was told
      </h3>
      {told.data !== undefined ? (
        <Told {...told.data} />
      ) : told.error !== null ? (
        <Refusal failure={told.error} onRetry={() => void told.refetch()} />
      ) : (
        <Skeleton lines={2} label="Loading who was told" />
      )}
    </section>
  );
}

function Told({ alerts, routes }: OutputOf<"alerts.list">) {
  const deliveries = alerts.toReversed().flatMap((alert) => alert.deliveries.map((delivery) => ({ alert, delivery })));
  if (deliveries.length === 0)
    return (
      <p className="quiet">
        {routes.length === 0
          ? "Nobody: no receiver of alerts is set up. An operator names one in the file of SALLYPORT_ALERTS_FILE."
          : "Nobody: when it was found, no receiver of alerts was set up for it."}
      </p>
    );
  return (
    <dl className="pairs pairs-plain">
      {deliveries.map(({ alert, delivery }) => (
        <ToldLine key={`${alert.alertId} ${delivery.route}`} alert={alert} delivery={delivery} />
      ))}
    </dl>
  );
}

function ToldLine({ alert, delivery: { route, state, attempts, triedAt, failure } }: { readonly alert: Alert; readonly delivery: Delivery }) {
  return (
    <>
      <dt>{route}</dt>
      <dd>
        {WHAT[alert.kind] ?? alert.kind}
        {": "}
        {state === "delivered" && triedAt !== null ? (
          <>
            told <Moment at={triedAt} />
          </>
        ) : state === "given_up" ? (
          `not told; given up after ${attempts} ${attempts === 1 ? "try" : "tries"} (${failure ?? "no answer"})`
        ) : (
          `not told yet${failure === null ? "" : `; tried ${attempts} ${attempts === 1 ? "time" : "times"}, and goes on being tried (${failure})`}`
        )}
      </dd>
    </>
  );
}
