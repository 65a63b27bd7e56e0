import { SallyportError } from "@sallyport/errors";
import { send } from "@sallyport/outbound";
import type { AlertKind } from "@sallyport/policy";
import { type AlertRoute, takesOf } from "./alert.ts";
import { alertBody } from "./alert-message.ts";
import { webhookHeaders, webhookKey } from "./webhook-signature.ts";

const ANSWER_MAX = 64 * 1024;
const GONE = 410;

export interface WebhookSettings {
  readonly name: string;
  readonly url: string;
  /** `whsec_…`, the current one first; more than one while it is changed. */
  readonly secrets: readonly string[];
  readonly ca?: string | undefined;
  readonly kinds?: readonly AlertKind[] | undefined;
  readonly deadlineMs: number;
}

/** A receiver of signed webhooks (Standard Webhooks 1.0). It has an alert once it answers 2xx; an answer that leads elsewhere is a refusal. */
export function webhookRoute({ name, url, secrets, ca, kinds, deadlineMs }: WebhookSettings): AlertRoute {
  const keys = secrets.map((secret) => webhookKey(secret, name));
  return {
    kind: "webhook",
    name,
    takes: takesOf(kinds),
    deliver: async (alert, nowMs) => {
      const body = alertBody(alert);
      const headers = { ...webhookHeaders(alert.id, nowMs, body, keys), "content-type": "application/json", "user-agent": "sallyport" };
      const { status } = await send({ url: new URL(url), body: Buffer.from(body), headers, deadlineMs, answerMax: ANSWER_MAX, ...(ca !== undefined && { ca }) });
      if (status < 200 || status > 299) throw new SallyportError("alert.refused", { route: name, status, gone: status === GONE });
    },
  };
}
