import { setTimeout as pause } from "node:timers/promises";
import { plainJson, plainText } from "@sallyport/errors";
import { callOptions, keyOption } from "../call-options.ts";
import { type Command, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { asProfile } from "../profile.ts";
import { UsageError } from "../usage-error.ts";

const LOOKS_MAX = 30;
const LOOK_MS = 500;

/** `sallyport alerts test`: whether whoever has to be told is reached. */
export const alerts: Command = {
  usage: "--as PROFILE alerts test [--idempotency-key KEY]",
  help: [
    "Sends a test alert to every receiver that the deployment is set up with, and waits up to fifteen seconds for each to take it.",
    "Exit code 0 where all of them have, 1 where one hasn't: what is tried again goes on being tried. It is on record who asked for it.",
  ].join("\n"),
  options: keyOption,
  takes: [1, 1],
  run: async (invocation) => {
    if (invocation.positionals[0] !== "test") throw new UsageError(`usage: sallyport ${alerts.usage}`);
    const { alertId, deliveries } = await asProfile(invocation, async ({ api }) => {
      const { alertId: id, routes } = await api.alerts.test.mutate({}, callOptions(invocation));
      for (let look = 1; ; look += 1) {
        const { alerts: newest } = await api.alerts.list.query({ limit: 100 });
        const found = newest.find((each) => each.alertId === id)?.deliveries ?? [];
        if (look === LOOKS_MAX || (found.length >= routes.length && found.every(({ state, failure }) => state !== "waiting" || failure !== null)))
          return { alertId: id, deliveries: found };
        await pause(LOOK_MS);
      }
    });
    const isTold = deliveries.length > 0 && deliveries.every(({ state }) => state === "delivered");
    report(invocation, plainJson({ alertId, told: isTold, deliveries }), [
      `alert ${alertId}`,
      ...deliveries.map(({ route, state, failure }) => `  ${plainText(route)}: ${state === "delivered" ? "has it" : `doesn't have it yet [${plainText(failure ?? "waiting")}]`}`),
    ]);
    return isTold ? EXIT.done : EXIT.failed;
  },
};
