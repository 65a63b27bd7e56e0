import { SallyportError } from "@sallyport/errors";
import type { AlertKind } from "@sallyport/policy";
import { createTransport } from "nodemailer";
import { type AlertRoute, takesOf } from "./alert.ts";
import { alertMail } from "./alert-message.ts";

export interface MailSettings {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** `none` on this machine alone. */
  readonly tls: "implicit" | "starttls" | "none";
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
  readonly ca?: string | undefined;
  readonly kinds?: readonly AlertKind[] | undefined;
  readonly deadlineMs: number;
}

/** Mail through one server. An alert is delivered once the server has taken it for everybody that it goes to. */
export function mailRoute({ name, host, port, tls, user, password, from, to, ca, kinds, deadlineMs }: MailSettings): AlertRoute {
  const options = {
    host,
    port,
    secure: tls === "implicit",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    tls: { minVersion: "TLSv1.2" as const, ...(ca !== undefined && { ca }) },
    ...(user !== undefined && { auth: { user, pass: password ?? "" } }),
    connectionTimeout: deadlineMs,
    greetingTimeout: deadlineMs,
    socketTimeout: deadlineMs,
    dnsTimeout: deadlineMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  return {
    kind: "mail",
    name,
    takes: takesOf(kinds),
    deliver: async (alert) => {
      const { subject, text } = alertMail(alert);
      const transport = createTransport(options);
      try {
        const sending = transport.sendMail({
          from,
          to: [...to],
          subject,
          text,
          // The same however often it is sent: a reader's mailbox shows one.
          messageId: `<${alert.id}.${name}@${alert.deployment}.sallyport>`,
          date: new Date(alert.atMs),
          headers: { "Auto-Submitted": "auto-generated" },
        });
        const { rejected } = await within(sending, 2 * deadlineMs);
        if (rejected.length > 0) throw new SallyportError("alert.refused", { route: name, refused: rejected.length });
      } catch (error) {
        throw asFailure(error, name);
      } finally {
        transport.close();
      }
    },
  };
}

/** A server that answers a line now and then stays within each of its own limits, and not within this one. */
async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("too late")), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What the server said with a code of its own is a refusal; whatever else went wrong, it wasn't reached. Its words stay here. */
function asFailure(error: unknown, route: string): SallyportError {
  if (error instanceof SallyportError) return error;
  const status = typeof error === "object" && error !== null && "responseCode" in error ? Number(error.responseCode) : 0;
  return status > 0 ? new SallyportError("alert.refused", { route, status }, error) : new SallyportError("service.unavailable", { route }, error);
}
