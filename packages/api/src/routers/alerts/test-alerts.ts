import { TestAlertsInput, TestAlertsOutput } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Boundary } from "../../boundary/procedure.ts";
import type { ApiDeps } from "../../ports.ts";

/** Sends a test alert to everybody who is told of anything: whoever may verify the trail may see whether its alarm rings. */
export const testAlerts = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.change(
    {
      action: "trail.verify",
      resource: "trail",
      input: TestAlertsInput,
      output: TestAlertsOutput,
      whenFrozen: "serve",
      locate: () => Promise.resolve({ place: { kind: "deployment" }, found: null }),
    },
    {
      prepare: ({ trace }) => {
        const routes = deps.alerts.routes().map(({ name }) => name);
        if (routes.length === 0) return Promise.reject(new SallyportError("alert.nobody"));
        const test = newId("tst");
        trace.about(`alert-test/${test}`);
        trace.note({ routes: routes.length });
        return Promise.resolve({ test, routes });
      },
      commit: async (tx, _crossing, { test, routes }) => {
        const alert = { key: `alert.test:${test}`, kind: "alert.test", chain: "system", about: `alert-test/${test}`, facts: {}, atMs: deps.now() } as const;
        const alertId = await deps.alerts.raise(tx, alert);
        if (alertId === null) throw new SallyportError("internal");
        return { alertId, routes };
      },
    },
  );
